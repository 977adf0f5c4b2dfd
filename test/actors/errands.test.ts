import test from 'ava';
import {Errands} from '../../actors/link/errands.js';
import {SimClock} from '../../src/sim/clock.js';
import {ITEM, type AnswerItem, type HostItem} from '../../src/wire/host-items.js';

const read = (no: number): HostItem => [ITEM.readKept, no, 1, 1, 'b.k'];
const merged = (no: number): AnswerItem => [ITEM.merged, no, 200, ''];

function setUp({takes = true} = {}) {
  const clock = new SimClock();
  const sent: Array<readonly [string, HostItem]> = [];
  const errands = new Errands({
    clock,
    send: (peer, item) => {
      sent.push([peer, item]);
      return takes;
    },
  });
  const ended: Array<AnswerItem | null> = [];
  const ask = (peer: string, timeoutMs = 100) =>
    errands.ask(peer, read, timeoutMs, answer => ended.push(answer));
  return {clock, sent, errands, ended, ask};
}

test('errand: ends with the answer that has its number, once', t => {
  const {errands, ended, sent, ask} = setUp();
  ask('h2');
  errands.answer('h2', merged(2));
  errands.answer('h2', merged(1));
  errands.answer('h2', merged(1));
  t.deepEqual(ended, [merged(1)]);
  t.deepEqual(sent, [['h2', read(1)]]);
  t.is(errands.depth, 0);
});

test('errand: an answer of another peer than was asked ends nothing', t => {
  const {errands, ended, ask} = setUp();
  ask('h2');
  errands.answer('h3', merged(1));
  t.deepEqual(ended, []);
});

test('errand: ends with nothing when no answer comes in time', t => {
  const {clock, errands, ended, ask} = setUp();
  ask('h2', 100);
  clock.run(99);
  t.deepEqual(ended, []);
  clock.run(101);
  t.deepEqual(ended, [null]);
  errands.answer('h2', merged(1));
  t.is(ended.length, 1);
});

test('errand: ends with nothing when its peer is lost, and those to others go on', t => {
  const {errands, ended, ask} = setUp();
  ask('h2');
  ask('h3');
  errands.peerLost('h2');
  t.deepEqual([ended, errands.depth], [[null], 1]);
});

test('errand: that the outbox does not take ends with nothing, after it was asked', t => {
  const {clock, ended, ask} = setUp({takes: false});
  ask('h2');
  t.deepEqual(ended, []);
  clock.run(1);
  t.deepEqual(ended, [null]);
});

test('errands: past their bound nothing more is asked', t => {
  const {clock, sent, ended, ask} = setUp();
  for (let i = 0; i < 4_097; i += 1) {
    ask('h2');
  }

  clock.run(1);
  t.deepEqual([sent.length, ended], [4_096, [null]]);
});
