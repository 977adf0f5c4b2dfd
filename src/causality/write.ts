/**
 * What a coordinated write makes of an object.
 *
 * Invariants:
 *   1. The new write supersedes what its cover covers, and nothing else.
 *   2. A write whose id the object knows is never applied again.
 *   3. A dot that the object or the cover has already seen is never stamped: others would take it
 *      for superseded.
 */
import {compareDots} from './dot.js';
import type {Dot} from './dot.js';
import {EMPTY_LIST} from './id-list.js';
import type {Sibling, StoredObject} from './object.js';
import {findRetired, highestRetired, retire} from './retired.js';
import {covers, EMPTY_VECTOR, includeDot, mergeVectors} from './version-vector.js';
import type {VersionVector} from './version-vector.js';

export type WriteIntent = {
  /**
   * What the writer has seen: exactly a vector (of the context that a read returned; `EMPTY_VECTOR`
   * claims nothing and makes a sibling), or whatever the coordinator holds.
   */
  readonly cover: VersionVector | 'everything';
  /**
   * The greatest stamp among what the cover covers; 0 with 'everything' and with `EMPTY_VECTOR`.
   */
  readonly coverHlc: number;
  readonly id: string;
  readonly tombstone: boolean;
  readonly deflated: boolean;
  /** Empty for a tombstone. */
  readonly value: Uint8Array;
};

/** `hlc` must be greater than `highestHlc` of the object and the intent. */
export type Stamp = {readonly dot: Dot; readonly hlc: number};

/**
 * The object with the write applied. A sibling is covered when any of its dots is: whoever saw one
 * try of a write saw the write. Throws for a known id, a dot that was already seen, or a tombstone
 * with a value: the caller rules them out.
 */
export function applyWrite(
  object: StoredObject | undefined,
  intent: WriteIntent,
  stamp: Stamp,
): StoredObject {
  const {vector, siblings, retired} = object ?? NOTHING;
  const {id, tombstone, deflated, value} = intent;
  const {dot, hlc} = stamp;
  const cover = intent.cover === 'everything' ? vector : intent.cover;
  const seen = mergeVectors(vector, cover);
  if (covers(seen, dot)) {
    throw new Error(`dot ${dot.incarnation}:${dot.counter} was seen before it was stamped`);
  }

  if (findRetry(object, id) !== undefined) {
    throw new Error(`write '${id}' is already known`);
  }

  if (tombstone && value.length > 0) {
    throw new Error('a tombstone holds no value');
  }

  const isCovered = (sibling: Sibling): boolean => sibling.dots.some(d => covers(cover, d));
  const added: Sibling = {dots: [dot], hlc, id, tombstone, deflated, value};
  const kept = siblings.filter(sibling => !isCovered(sibling));
  return {
    vector: includeDot(seen, dot),
    siblings: [...kept, added].toSorted((a, b) => compareDots(a.dots[0]!, b.dots[0]!)),
    retired: retire(retired, siblings.filter(isCovered)),
  };
}

/**
 * What is known of the write with this id: nothing, that it stands, or that a later one has
 * superseded it.
 */
export function findRetry(
  object: StoredObject | undefined,
  id: string,
): 'present' | 'superseded' | undefined {
  if (object === undefined || id === '') {
    return undefined;
  }

  if (findRetired(object.retired, id) !== undefined) {
    return 'superseded';
  }

  return object.siblings.some(sibling => sibling.id === id) ? 'present' : undefined;
}

/** The greatest stamp among what a write may supersede; its own stamp must be greater. */
export function highestHlc(object: StoredObject | undefined, coverHlc: number): number {
  let highest = coverHlc;
  for (const {hlc} of object?.siblings ?? []) {
    highest = Math.max(highest, hlc);
  }

  return object === undefined ? highest : highestRetired(object.retired, highest);
}

const NOTHING: StoredObject = {vector: EMPTY_VECTOR, siblings: [], retired: EMPTY_LIST};
