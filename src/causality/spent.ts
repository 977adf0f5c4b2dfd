/**
 * Spent entries of a vector: those of incarnations of which no sibling carries a dot any more. All
 * they still do is to keep older copies from being taken for news.
 *
 * Invariants:
 *   1. An object that has let go of spent entries shows what it showed before, and still covers
 *      every dot that it carries.
 *   2. Merged with what it was, it is what it was.
 */
import type {Dot} from './dot.js';
import type {StoredObject} from './object.js';
import {covers, dominates, type VersionVector} from './version-vector.js';

export function spentEntries({vector, siblings}: StoredObject): VersionVector {
  const needed = new Set(siblings.flatMap(({dots}) => dots.map(({incarnation}) => incarnation)));
  return vector.filter(({incarnation}) => !needed.has(incarnation));
}

/** Whether the object has seen all that they cover, and carries none of it. */
export function areSpent(entries: VersionVector, {vector, siblings}: StoredObject): boolean {
  const isCarried = (dot: Dot) => covers(entries, dot);
  return dominates(vector, entries) && !siblings.some(({dots}) => dots.some(isCarried));
}

/**
 * Lets go of entries that are spent in it. One whose incarnation went on since stays as it is: it
 * covers more.
 */
export function withoutSpent(object: StoredObject, entries: VersionVector): StoredObject {
  const {vector, siblings, retired} = object;
  return {vector: vector.filter(entry => !covers(entries, entry)), siblings, retired};
}
