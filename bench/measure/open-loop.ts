/**
 * Open loop: operations are due at fixed times, whether or not earlier ones have ended. A latency
 * counts from when the operation was due, so a stall shows in everything that was due during it
 * (G. Tene, "How NOT to Measure Latency": coordinated omission).
 *
 * Invariants:
 *   1. Every operation that is due within the window is recorded, also one that could not be begun:
 *      as `late`, with the time until the window's end, which it has waited at least.
 *   2. No more than `outstandingMax` are under way; what is due beyond them waits, and its latency
 *      says so.
 *
 * The timer ticks each millisecond, so up to about one is the generator's own, for every system.
 */
import {type Loop, measureWindow, recorded} from './loop.js';

const TICK_MS = 1;

export type OpenLoad = {readonly ratePerSecond: number; readonly outstandingMax: number};

/** Resolves once everything that was begun has ended. */
export async function openLoop(loop: Loop, load: OpenLoad): Promise<void> {
  const {clock, recorder} = loop;
  const startMs = clock.nowMs();
  const dueMs = (no: number) => startMs + (no * 1_000) / load.ratePerSecond;
  let next = 0;
  let outstanding = 0;
  const window = {isOver: false};
  let whenIdle = () => {};

  const beginDue = () => {
    const nowMs = clock.nowMs();
    while (!window.isOver && outstanding < load.outstandingMax && dueMs(next) <= nowMs) {
      outstanding += 1;
      void recorded(loop, dueMs(next)).then(ended);
      next += 1;
    }
  };
  const ended = () => {
    outstanding -= 1;
    beginDue();
    if (outstanding === 0) {
      whenIdle();
    }
  };
  const tick = () => {
    beginDue();
    if (!window.isOver) {
      clock.setTimeout(tick, TICK_MS);
    }
  };
  tick();

  const endMs = await measureWindow(loop);
  // What came due since the last tick is begun as the next tick would have.
  beginDue();
  window.isOver = true;
  for (; dueMs(next) < endMs; next++) {
    recorder.ended(dueMs(next), endMs, 'late');
  }

  if (outstanding > 0) {
    await new Promise<void>(resolve => {
      whenIdle = resolve;
    });
  }
}
