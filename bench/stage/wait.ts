/** Waiting for other processes, with a bound. */
import {setTimeout as sleep} from 'node:timers/promises';

const TRY_EVERY_MS = 50;
const GIVE_UP_MS = 60_000;

/**
 * Tries until the answer is not null. What a try rejects with counts as not yet, and is told when
 * it never gets better.
 */
export async function until<Value>(
  what: string,
  signal: AbortSignal,
  look: () => Promise<Value | null>,
): Promise<Value> {
  const deadlineMs = performance.now() + GIVE_UP_MS;
  let last: unknown = null;
  while (performance.now() < deadlineMs) {
    try {
      const found = await look();
      if (found !== null) {
        return found;
      }
    } catch (error) {
      last = error;
    }

    await sleep(TRY_EVERY_MS, undefined, {signal});
  }

  throw new Error(`waited in vain for ${what}`, {cause: last});
}
