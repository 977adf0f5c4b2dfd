/**
 * How often all owners of a key are tried, and the pauses between. In one round each owner has its
 * turn, at once when the one before it could not; a pause follows, twice as long each time.
 */
import type {Random} from '../ports/random.js';

const ROUNDS_MAX = 8;
/**
 * With pauses of 300 to 600 ms in all: hosts that see each other again after a cut link up faster.
 */
const ROUNDS_MAX_REFUSED = 5;
const PAUSE_MS = 40;
const PAUSE_MS_MAX = 500;

/**
 * Milliseconds before the next round, by chance between half of the longest and all of it; null
 * when there is none. `isRefused`: a host has said that too few owners can be reached.
 */
export function pauseMs(rounds: number, isRefused: boolean, random: Random): number | null {
  if (rounds >= (isRefused ? ROUNDS_MAX_REFUSED : ROUNDS_MAX)) {
    return null;
  }

  const half = Math.min(PAUSE_MS_MAX, PAUSE_MS * 2 ** (rounds - 1)) / 2;
  return half + random.below(Math.ceil(half));
}
