/** Simulated time for loops that wait for promises between their timers. */
import type {SimClock} from '../../src/sim/clock.js';

const MICROTASKS = 20;

/** Runs timers, each once all that the one before set off has happened, until there are none. */
export async function runToEnd(clock: SimClock): Promise<void> {
  do {
    for (let task = 0; task < MICROTASKS; task++) {
      await Promise.resolve();
    }
  } while (clock.step());
}
