/**
 * What an object shows.
 *
 * A sibling whose id is retired is an echo: a retry of a write that was superseded, stamped by an
 * owner that did not know. It is hidden, so that the retry of a superseded write brings no value
 * back, unless only echoes are left.
 *
 * Last-writer-wins buckets store and merge like all others and differ only in what they show. (To
 * reduce the stored object instead is not safe: two retries of one write, each on another side of a
 * third write, would let the replicas drop both.) The next write covers all that is left over.
 */
import {compareDots} from './dot.js';
import type {Sibling, StoredObject} from './object.js';
import {findRetired} from './retired.js';

/** All siblings that count, tombstones too. Never empty, unless the object is. */
export function visibleSiblings(object: StoredObject): readonly Sibling[] {
  const {siblings, retired} = object;
  if (retired.length === 0 || siblings.length < 2) {
    return siblings;
  }

  const visible = siblings.filter(({id}) => findRetired(retired, id) === undefined);
  return visible.length === 0 ? siblings : visible;
}

/** The visible siblings that hold a value. Empty when the key is deleted. */
export function liveSiblings(object: StoredObject): readonly Sibling[] {
  const visible = visibleSiblings(object);
  return visible.some(sibling => sibling.tombstone)
    ? visible.filter(sibling => !sibling.tombstone)
    : visible;
}

/** Whether nothing but tombstones is left of all that was written. */
export function isDeleted({siblings}: StoredObject): boolean {
  return siblings.every(sibling => sibling.tombstone);
}

/** The greatest by (hlc, first dot); undefined of none. */
export function newestSibling(siblings: readonly Sibling[]): Sibling | undefined {
  let newest: Sibling | undefined;
  for (const sibling of siblings) {
    if (newest === undefined || isNewer(sibling, newest)) {
      newest = sibling;
    }
  }

  return newest;
}

/** The one sibling that a last-writer-wins bucket shows, perhaps a tombstone. */
export function resolveLww(object: StoredObject): Sibling | undefined {
  return newestSibling(visibleSiblings(object));
}

/**
 * What a reader is shown, newest first: no tombstones, and one value at most where the last writer
 * wins.
 */
export function shownSiblings(
  object: StoredObject,
  conflicts: 'siblings' | 'lww',
): readonly Sibling[] {
  if (conflicts === 'siblings') {
    const live = liveSiblings(object);
    return live.length < 2 ? live : live.toSorted((a, b) => (isNewer(a, b) ? -1 : 1));
  }

  const winner = resolveLww(object);
  return winner === undefined || winner.tombstone ? [] : [winner];
}

function isNewer(a: Sibling, b: Sibling): boolean {
  return a.hlc === b.hlc ? compareDots(a.dots[0]!, b.dots[0]!) > 0 : a.hlc > b.hlc;
}
