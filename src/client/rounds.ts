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
const PAUSE_MS_SHED = 100;
const PAUSE_MS_UNPAID = 1_000;
const PAUSE_MS_MAX = 500;

/**
 * refused: a host has said that too few owners can be reached. shed: all owners had more work than
 * they could take on; that passes, so rounds go on for as long as the request has time. unpaid: the
 * same, when no success of this client pays for a round, so that it comes late.
 */
export type Trouble = 'refused' | 'shed' | 'unpaid' | 'other';

/**
 * Milliseconds before the next round, by chance between half of the longest and all of it; null
 * when there is none.
 */
export function pauseMs(rounds: number, trouble: Trouble, random: Random): number | null {
  if (rounds >= ROUNDS[trouble]) {
    return null;
  }

  const half = longestMs(rounds, trouble) / 2;
  return half + random.below(Math.ceil(half));
}

function longestMs(rounds: number, trouble: Trouble): number {
  if (trouble === 'unpaid') {
    return PAUSE_MS_UNPAID;
  }

  const firstMs = trouble === 'shed' ? PAUSE_MS_SHED : PAUSE_MS;
  return Math.min(PAUSE_MS_MAX, firstMs * 2 ** (rounds - 1));
}

const ROUNDS = {
  refused: ROUNDS_MAX_REFUSED,
  shed: Number.POSITIVE_INFINITY,
  unpaid: Number.POSITIVE_INFINITY,
  other: ROUNDS_MAX,
} as const;
