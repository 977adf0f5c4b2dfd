import {fc, testProp} from '@fast-check/ava';
import test from 'ava';
import {Backlog, STALL_MS} from '../../src/edge/backlog.js';

const TICK_MS = 100;
const nonce = Buffer.from('a nonce of this life');
const at = (nowMs: number, sleptMs = 0) => ({nowMs, wallMs: 1_000_000 + nowMs + sleptMs});

function calm(): Backlog {
  const backlog = new Backlog(nonce, TICK_MS, at(0));
  backlog.heard(backlog.mark(0), 10);
  return backlog;
}

testProp(
  'backlog: its age is never less than what the oldest mark under way has waited',
  [
    fc.array(fc.record({afterMs: fc.nat(500), backAfterMs: fc.nat(2_000)}), {
      minLength: 1,
      maxLength: 40,
    }),
  ],
  (t, marks) => {
    const backlog = calm();
    let nowMs = 10;
    let backMs = 10;
    const underWay: Array<{leftMs: number; backMs: number; mark: Uint8Array}> = [];
    for (const {afterMs, backAfterMs} of marks) {
      nowMs += afterMs;
      while ((underWay[0]?.backMs ?? Infinity) <= nowMs) {
        const back = underWay.shift();
        backlog.heard(back?.mark ?? nonce, back?.backMs ?? 0);
      }

      // A connection keeps its order.
      backMs = Math.max(backMs, nowMs + 10 + backAfterMs);
      underWay.push({leftMs: nowMs, backMs, mark: backlog.mark(nowMs)});
      t.true(backlog.ageMs(nowMs) >= nowMs - (underWay[0]?.leftMs ?? nowMs) - 10);
    }
  },
);

test('backlog: the way to the broker and back is not counted', t => {
  const backlog = calm();
  backlog.heard(backlog.mark(100), 115);
  t.is(backlog.ageMs(115), 5);
});

test('backlog: after a stall all is stale until a mark that left after it is back', t => {
  const backlog = calm();
  const before = backlog.mark(100);
  backlog.tick(at(100));
  const wokenMs = 100 + TICK_MS + STALL_MS + 1;
  t.true(backlog.notice(wokenMs));
  t.true(backlog.isStale(wokenMs));
  t.false(backlog.notice(wokenMs), 'it is found out once');
  const after = backlog.mark(wokenMs);
  backlog.heard(before, wokenMs + 1);
  t.true(backlog.isStale(wokenMs + 1));
  backlog.heard(after, wokenMs + 5);
  t.false(backlog.isStale(wokenMs + 5));
  t.false(backlog.tick(at(wokenMs + 6)), 'the tick that was overdue finds out nothing new');
});

test('backlog: an event loop that is less late than a stall makes nothing stale', t => {
  const backlog = calm();
  t.false(backlog.notice(TICK_MS + STALL_MS));
  t.false(backlog.tick(at(TICK_MS + STALL_MS)));
  t.false(backlog.isStale(TICK_MS + STALL_MS));
});

test('backlog: a machine that slept is noticed by its calendar', t => {
  const backlog = calm();
  t.true(backlog.tick(at(100, 60_000)));
  t.true(backlog.isStale(100));
  backlog.heard(backlog.mark(100), 105);
  t.false(backlog.tick(at(200, 60_000)));
  t.false(backlog.isStale(200));
});

test('backlog: a calendar that is set back changes nothing', t => {
  const backlog = calm();
  t.false(backlog.tick(at(100, -60_000)));
  t.false(backlog.isStale(100));
});

test('backlog: marks of another life, and what is no mark, are not believed', t => {
  const backlog = calm();
  backlog.tick(at(5_000));
  t.true(backlog.isStale(5_000));
  const other = new Backlog(Buffer.from('a nonce of another life'), TICK_MS, at(0));
  backlog.heard(other.mark(5_000), 5_001);
  backlog.heard(new Uint8Array(0), 5_001);
  backlog.heard(backlog.mark(5_000).subarray(1), 5_001);
  t.true(backlog.isStale(5_001));
});

test('backlog: what waited on a lost connection is waited for no longer', t => {
  const backlog = calm();
  backlog.tick(at(5_000));
  backlog.mark(5_000);
  backlog.forget();
  t.false(backlog.isStale(9_000));
  t.is(backlog.ageMs(9_000), 0);
});

test('backlog: marks that never come back take a bounded place', t => {
  const backlog = calm();
  for (let no = 1; no <= 10_000; no += 1) {
    backlog.mark(no);
  }

  t.is(backlog.ageMs(10_000), 10_000 - 1 - 10);
});

test('backlog: what has waited as long as a stall is stale, whatever held it up', t => {
  const backlog = calm();
  const first = backlog.mark(100);
  const second = backlog.mark(900);
  t.false(backlog.isStale(100 + STALL_MS));
  t.true(backlog.isStale(100 + STALL_MS + 11));
  backlog.heard(first, 1_150);
  t.true(backlog.isStale(1_150));
  backlog.heard(second, 1_200);
  t.false(backlog.isStale(1_200));
});

test('backlog: what an old mark told is over once nothing is read any more', t => {
  const backlog = calm();
  backlog.heard(backlog.mark(100), 2_000);
  t.true(backlog.isStale(2_000));
  backlog.rest();
  t.false(backlog.isStale(2_100));
  backlog.mark(2_200);
  backlog.rest();
  t.is(backlog.ageMs(2_300), 90);
});
