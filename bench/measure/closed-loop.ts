/**
 * Closed loop: a fixed number of operations is under way, each followed by the next one. Shows what
 * a system can carry; hides from the latencies what a stall keeps from being begun.
 */
import {type Loop, measureWindow, recorded} from './loop.js';

/** Resolves once everything that was begun has ended. */
export async function closedLoop(loop: Loop, inFlight: number): Promise<void> {
  const window = {isOver: false};
  const work = async () => {
    while (!window.isOver) {
      await recorded(loop, loop.clock.nowMs());
    }
  };
  const workers = Array.from({length: inFlight}, work);
  await measureWindow(loop);
  window.isOver = true;
  await Promise.all(workers);
}
