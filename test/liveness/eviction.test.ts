/** Who is evicted from the broker, by whom, and with how much. */
import test from 'ava';
import {
  BYTES_PER_ROUND,
  BYTES_PER_TURN,
  Eviction,
  ROUND_MS,
  type Suspected,
} from '../../src/liveness/eviction.js';

const up = (host: string): Suspected => ({host, isUp: true, isDown: false, isGone: false});
const silent = (host: string): Suspected => ({host, isUp: false, isDown: true, isGone: false});
const TURNS = BYTES_PER_ROUND / BYTES_PER_TURN;

test('eviction: only a host that is down by its silence, and not one that is suspect', t => {
  const suspect = {...silent('h3'), isDown: false};
  const eviction = new Eviction('h1');
  t.deepEqual(eviction.turn([up('h2'), suspect], 0), []);
  t.deepEqual(eviction.turn([up('h2'), {...silent('h3'), isGone: true}], 0), []);
  t.deepEqual(eviction.turn([up('h2'), silent('h3')], 0), ['h3']);
});

test('eviction: the first by name of those that are up does it, and nobody else', t => {
  t.deepEqual(new Eviction('h2').turn([up('h1'), silent('h3')], 0), []);
  t.deepEqual(new Eviction('h2').turn([silent('h1'), up('h3')], 0), ['h1']);
});

test('eviction: a round is bounded, and another one follows while the host is held', t => {
  const eviction = new Eviction('h1');
  const turns = (nowMs: number) =>
    Array.from({length: 2 * TURNS}, () => eviction.turn([silent('h2')], nowMs).length);
  const full = [...Array<number>(TURNS).fill(1), ...Array<number>(TURNS).fill(0)];
  t.deepEqual(turns(0), full);
  t.deepEqual(turns(ROUND_MS - 1), Array<number>(2 * TURNS).fill(0));
  t.deepEqual(turns(ROUND_MS), full);
});

test('eviction: a host that was gone or back in between starts anew', t => {
  const eviction = new Eviction('h1');
  for (let turn = 0; turn < TURNS; turn += 1) {
    eviction.turn([silent('h2')], 0);
  }

  t.deepEqual(eviction.turn([silent('h2')], 1), []);
  eviction.turn([up('h2')], 2);
  t.deepEqual(eviction.turn([silent('h2')], 3), ['h2']);
});
