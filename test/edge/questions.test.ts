import test from 'ava';
import * as fc from 'fast-check';
import {answerQuestion} from '../../src/edge/questions.js';
import {isRejection} from '../../src/edge/request-options.js';
import {Counters} from '../../src/counters.js';
import {FAILPOINTS, Failpoints} from '../../src/failpoints.js';

const ports = (isDevelopment: boolean) => ({
  counters: new Counters(),
  failpoints: new Failpoints(() => {}),
  isDevelopment,
  tree: () => ({id: 'h1'}),
  status: () => ({host: 'h1'}),
  hints: () => ({count: 0}),
});

test('questions: any question and parameter is answered or refused, and never throws', t => {
  const question = fc.oneof(
    fc.constantFrom('status', 'actors', 'counters', 'failpoint'),
    fc.string(),
  );
  const parameter = fc.oneof(
    fc.anything(),
    fc.tuple(
      fc.constantFrom(...FAILPOINTS),
      fc.constantFrom('crash', 'exit'),
      fc.anything(),
      fc.anything(),
    ),
  );
  fc.assert(
    fc.property(question, parameter, fc.boolean(), (asked, given, isDevelopment) => {
      t.truthy(answerQuestion(ports(isDevelopment), asked, given));
    }),
  );
});

test('questions: failpoints are refused outside of development', t => {
  const answer = answerQuestion(ports(false), 'failpoint', ['vnode.work', 'crash', 1, null]);
  t.true(isRejection(answer) && answer.code === 400 && /--dev/.test(answer.text));
  t.deepEqual(answerQuestion(ports(true), 'failpoint', ['vnode.work', 'crash', 1, null]), {
    armed: 'vnode.work',
  });
});
