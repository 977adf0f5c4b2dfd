/** Waits until processes have nothing left to do in the background. */
import {setTimeout as sleep} from 'node:timers/promises';
import {cpuMicros, spent, sum} from './measure/process-usage.js';
import type {Process} from './systems/system.js';

const LOOK_MS = 100;
/** Of one core, over all of them. */
const QUIET_PART = 0.15;

/** At most so long. */
export async function quiet(
  processes: readonly Process[],
  waitMs: number,
  signal: AbortSignal,
): Promise<void> {
  const deadlineMs = performance.now() + waitMs;
  while (performance.now() < deadlineMs) {
    const before = cpuMicros(processes);
    await sleep(LOOK_MS, undefined, {signal});
    if (sum(spent(before, cpuMicros(processes))) < QUIET_PART * LOOK_MS * 1_000) {
      return;
    }
  }
}
