import type {Dot} from './dot.js';

/**
 * For each incarnation the highest counter seen, sorted by incarnation, one entry each.
 * An entry (a, 7) means: every dot of a up to 7 *for this key* was seen.
 */
export type VersionVector = readonly Dot[];
