import {setTimeout as sleep} from 'node:timers/promises';

const giveUpMs = 20_000;

/**
 * Waits for something that other processes bring about. Rejects after a time that only a fault can
 * take.
 */
export async function until(condition: () => boolean): Promise<void> {
  const giveUp = AbortSignal.timeout(giveUpMs);
  while (!condition()) {
    if (giveUp.aborted) {
      throw new Error('waited in vain');
    }
    await sleep(2);
  }
}
