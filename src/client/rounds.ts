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
/**
 * With pauses of 0.8 to 1.7 s in all: a host that sheds finds what it can do within that, and each
 * further try would cost it some of it.
 */
const ROUNDS_MAX_SHED = 6;
const PAUSE_MS = 40;
const PAUSE_MS_SHED = 100;
const PAUSE_MS_MAX = 500;

/**
 * refused: a host has said that too few owners can be reached. shed: all owners had more work than
 * they could take on.
 */
export type Trouble = 'refused' | 'shed' | 'other';

/**
 * Milliseconds before the next round, by chance between half of the longest and all of it; null
 * when there is none.
 */
export function pauseMs(rounds: number, trouble: Trouble, random: Random): number | null {
  if (rounds >= ROUNDS[trouble]) {
    return null;
  }

  const firstMs = trouble === 'shed' ? PAUSE_MS_SHED : PAUSE_MS;
  const half = Math.min(PAUSE_MS_MAX, firstMs * 2 ** (rounds - 1)) / 2;
  return half + random.below(Math.ceil(half));
}

const ROUNDS = {refused: ROUNDS_MAX_REFUSED, shed: ROUNDS_MAX_SHED, other: ROUNDS_MAX} as const;
