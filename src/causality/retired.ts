/**
 * Ids of writes of which a dot was superseded, with the earliest stamp known of each.
 *
 * The list answers late retries and hides their echoes (siblings.ts). Which siblings are stored
 * never depends on it, so replicas may hold different lists: pruning one costs at most that a very
 * late retry counts as a new write.
 */
import {
  countIds,
  filterIds,
  includeId,
  includesIds,
  searchId,
  stampAt,
  uniteIds,
  type IdList,
  type IdStamp,
} from './id-list.js';
import type {StoredObject} from './object.js';

/** Bounds the list of a key that is written thousands of times a second within one retry window. */
export const RETIRED_IDS_MAX = 256;

/** The stamp of an id, undefined when it is not retired. */
export function findRetired(retired: IdList, id: string): number | undefined {
  const entry = searchId(retired, id);
  return entry < 0 ? undefined : stampAt(retired, entry);
}

/** The greatest stamp of a list, at least `atLeast`. */
export function highestRetired(retired: IdList, atLeast: number): number {
  let highest = atLeast;
  for (let entry = countIds(retired) - 1; entry >= 0; entry -= 1) {
    highest = Math.max(highest, stampAt(retired, entry));
  }

  return highest;
}

/** Whether merging `b` into `a` would leave `a` as it is. */
export function retiredIncludes(a: IdList, b: IdList): boolean {
  return a === b || includesIds(a, b);
}

/** The union, per id the earliest stamp; `a` or `b` itself when that one includes the other. */
export function mergeRetired(a: IdList, b: IdList): IdList {
  return retiredIncludes(a, b) ? a : retiredIncludes(b, a) ? b : uniteIds(a, b);
}

/** Adds the ids of writes in any order; the empty id is no id. */
export function retire(retired: IdList, writes: readonly IdStamp[]): IdList {
  let all = retired;
  for (const write of writes) {
    all = write.id === '' ? all : includeId(all, write);
  }

  return all;
}

/**
 * Forgets ids stamped before `olderThanHlc`, then the oldest past `RETIRED_IDS_MAX`. An id that a
 * sibling still carries stays, since it hides that sibling. The object itself when there is nothing
 * to forget.
 */
export function pruneRetired(object: StoredObject, olderThanHlc: number): StoredObject {
  const {siblings, retired} = object;
  if (retired.length === 0) {
    return object;
  }

  const isTooLong = countIds(retired) > RETIRED_IDS_MAX;
  const least = isTooLong ? Math.max(olderThanHlc, leastKept(retired)) : olderThanHlc;
  const carried = siblings.map(({id}) => searchId(retired, id));
  const kept = filterIds(
    retired,
    entry => stampAt(retired, entry) >= least || carried.includes(entry),
  );
  return kept === retired ? object : {vector: object.vector, siblings, retired: kept};
}

/**
 * Forgets ids before `olderThanHlc`, and those that the list of `next` had no more room for. So
 * that a replica which is sent the next state of a key recognises it for that, and takes it as it
 * is.
 */
export function pruneBeside(
  object: StoredObject,
  next: StoredObject,
  olderThanHlc: number,
): StoredObject {
  return pruneRetired(object, Math.max(olderThanHlc, leastKept(next.retired)));
}

/** The least stamp that a list with room for no more keeps; 0 where there is room. */
function leastKept(retired: IdList): number {
  const excess = countIds(retired) - RETIRED_IDS_MAX;
  if (excess > 1) {
    return sortedStamps(retired)[excess]!;
  }

  // A full list, or one with one more: the state of a key that is written all the time.
  let least = 0;
  for (let passed = 0; passed <= excess; passed += 1) {
    least = leastAbove(retired, least);
  }

  return least;
}

function leastAbove(retired: IdList, bound: number): number {
  let least = Number.MAX_SAFE_INTEGER;
  for (let entry = countIds(retired) - 1; entry >= 0; entry -= 1) {
    const stamp = stampAt(retired, entry);
    least = stamp > bound && stamp < least ? stamp : least;
  }

  return least;
}

function sortedStamps(retired: IdList): Float64Array {
  const stamps = new Float64Array(countIds(retired));
  for (let entry = 0; entry < stamps.length; entry += 1) {
    stamps[entry] = stampAt(retired, entry);
  }

  return stamps.toSorted();
}
