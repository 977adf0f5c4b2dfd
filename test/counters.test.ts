import test from 'ava';
import {Counters} from '../src/counters.js';

test('counters: what was never counted is 0, and all are listed by name', t => {
  const counters = new Counters();
  t.is(counters.get('b'), 0);
  counters.add('b', 2);
  counters.add('a');
  counters.add('b');
  t.deepEqual(Object.entries(counters.all()), [
    ['a', 1],
    ['b', 3],
  ]);
});

test('counters: 200 and 404 are answers, everything else is an error', t => {
  const counters = new Counters();
  for (const code of [200, 404, 503, 504] as const) {
    counters.answered('get', code);
  }

  t.is(counters.get('errors_get'), 2);
  t.is(counters.get('answers_404'), 1);
});
