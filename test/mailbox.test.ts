import {fc, testProp} from '@fast-check/ava';
import test from 'ava';
import {Mailbox} from '../src/mailbox.js';
import {SimClock} from '../src/sim/clock.js';

const setUp = (bound = 10) => {
  const clock = new SimClock();
  return {mailbox: new Mailbox<number>(clock, bound), endTurn: () => clock.run(clock.nowMs())};
};

const anyStep = fc.oneof(fc.constant('take' as const), fc.constant('post' as const));

testProp(
  'mailbox: items are taken in order, never more than the bound wait, none refused is kept',
  [fc.nat({max: 5}), fc.array(anyStep, {minLength: 1, maxLength: 40})],
  (t, bound, steps) => {
    const {mailbox} = setUp(bound);
    const model: number[] = [];
    for (const [no, step] of steps.entries()) {
      if (step === 'take') {
        t.deepEqual(mailbox.take(), model.splice(0));
      } else {
        t.is(mailbox.post(no), model.length < bound);
        model.push(...(model.length < bound ? [no] : []));
      }

      t.is(mailbox.depth, model.length);
    }
  },
);

test('mailbox: all that is posted in one turn wakes the owner once, at the end of the turn', t => {
  const {mailbox, endTurn} = setUp();
  const taken: number[][] = [];
  mailbox.attach(() => taken.push(mailbox.take()));
  mailbox.post(1);
  mailbox.post(2);
  t.deepEqual(taken, []);
  endTurn();
  t.deepEqual(taken, [[1, 2]]);
  mailbox.post(3);
  endTurn();
  t.deepEqual(taken, [[1, 2], [3]]);
});

test('mailbox: nobody is woken for a mailbox that was emptied meanwhile', t => {
  const {mailbox, endTurn} = setUp();
  mailbox.attach(() => t.fail('woken for nothing'));
  mailbox.post(1);
  mailbox.take();
  endTurn();
  t.pass();
});

test('mailbox: items outlive a crashed owner, and wake the one that replaces it', t => {
  const {mailbox, endTurn} = setUp();
  mailbox.attach(() => t.fail('the crashed owner was woken'));
  mailbox.post(1);
  mailbox.detach();
  endTurn();
  mailbox.post(2);
  endTurn();
  const taken: number[][] = [];
  mailbox.attach(() => taken.push(mailbox.take()));
  t.deepEqual(taken, []);
  endTurn();
  t.deepEqual(taken, [[1, 2]]);
});

test('mailbox: an owner replaced within a turn leaves the wake-up to its successor', t => {
  const {mailbox, endTurn} = setUp();
  const taken: number[][] = [];
  mailbox.attach(() => t.fail('the old owner was woken'));
  mailbox.post(1);
  mailbox.detach();
  mailbox.attach(() => taken.push(mailbox.take()));
  endTurn();
  t.deepEqual(taken, [[1]]);
});
