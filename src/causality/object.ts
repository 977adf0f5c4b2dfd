/** The object: what one key holds. */
import type {Dot} from './dot.js';
import type {IdList} from './id-list.js';
import type {VersionVector} from './version-vector.js';

/**
 * What one key holds on one replica: the values of which none saw the other, and everything ever
 * seen for the key.
 *
 * Invariants:
 *   1. `vector` covers every dot of every sibling.
 *   2. A dot that `vector` covers and no sibling carries belongs to a write that was superseded.
 *   3. No two siblings share a dot, nor a non-empty `id`.
 *   4. Canonical: dots, vector, siblings (by first dot) and retired ids are sorted, so equal
 *      objects have equal bytes.
 *   5. A write's `hlc` is greater than that of every write it supersedes.
 *   6. Once anything was written there is a sibling: of all dots ever seen, the latest are never
 *      superseded.
 *   7. `retired` decides what is shown and which retries are recognised, never what is stored:
 *      pruning it, anywhere and at any time, costs no write and no convergence.
 */
export type StoredObject = {
  readonly vector: VersionVector;
  readonly siblings: readonly Sibling[];
  /**
   * Ids of retryable writes that were superseded lately, so that a late retry is recognised and not
   * applied again, each with the earliest stamp known of the write, as in its sibling while there
   * still is one.
   */
  readonly retired: IdList;
};

export type Sibling = {
  /**
   * At least one, sorted. More than one only when a retried write was stamped by several owners.
   */
  readonly dots: readonly Dot[];
  /** Hybrid logical stamp; orders siblings for people and for last-writer-wins buckets. */
  readonly hlc: number;
  /** Hash of the writer's Nats-Msg-Id, '' without one. */
  readonly id: string;
  readonly tombstone: boolean;
  /** True when `value` is deflated. */
  readonly deflated: boolean;
  /** Empty for a tombstone. */
  readonly value: Uint8Array;
};
