import test from 'ava';
import {Rate} from '../../src/flow/rate.js';

test('rate: what happens a hundred times a second is about a hundred', t => {
  const rate = new Rate();
  for (let ms = 0; ms < 30_000; ms += 10) {
    rate.add(ms);
  }

  const perSecond = rate.perSecond(30_000);
  t.true(perSecond > 95 && perSecond < 105, String(perSecond));
});

test('rate: what has ceased fades', t => {
  const rate = new Rate();
  rate.add(0);
  t.true(rate.perSecond(60_000) < 0.001);
});
