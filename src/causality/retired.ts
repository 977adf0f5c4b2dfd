/**
 * Ids of writes of which a dot was superseded, sorted by id, one entry each with the earliest stamp
 * known.
 *
 * The list answers late retries and hides their echoes (siblings.ts). Which siblings are stored
 * never depends on it, so replicas may hold different lists: pruning one costs at most that a very
 * late retry counts as a new write.
 */
import type {RetiredId, StoredObject} from './object.js';

/** Bounds the list of a key that is written thousands of times a second within one retry window. */
export const RETIRED_IDS_MAX = 256;

export function findRetired(retired: readonly RetiredId[], id: string): RetiredId | undefined {
  let from = 0;
  let to = retired.length;
  while (from < to) {
    const middle = (from + to) >>> 1;
    const entry = retired[middle]!;
    if (entry.id === id) {
      return entry;
    }

    if (entry.id < id) {
      from = middle + 1;
    } else {
      to = middle;
    }
  }

  return undefined;
}

/** Whether merging `b` into `a` would leave `a` as it is. */
export function retiredIncludes(a: readonly RetiredId[], b: readonly RetiredId[]): boolean {
  if (a === b) {
    return true;
  }

  for (const {id, hlc} of b) {
    const known = findRetired(a, id);
    if (known === undefined || known.hlc > hlc) {
      return false;
    }
  }

  return true;
}

/** The union, per id the earliest stamp; `a` or `b` itself when that one includes the other. */
export function mergeRetired(
  a: readonly RetiredId[],
  b: readonly RetiredId[],
): readonly RetiredId[] {
  if (retiredIncludes(a, b)) {
    return a;
  }

  if (retiredIncludes(b, a)) {
    return b;
  }

  const merged: RetiredId[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length && j < b.length) {
    const left = a[i]!;
    const right = b[j]!;
    if (left.id === right.id) {
      merged.push(left.hlc <= right.hlc ? left : right);
      i += 1;
      j += 1;
    } else if (left.id < right.id) {
      merged.push(left);
      i += 1;
    } else {
      merged.push(right);
      j += 1;
    }
  }

  return merged.concat(a.slice(i), b.slice(j));
}

/** Adds the ids of writes in any order; the empty id is no id. */
export function retire(
  retired: readonly RetiredId[],
  writes: readonly RetiredId[],
): readonly RetiredId[] {
  let all = retired;
  for (const {id, hlc} of writes) {
    if (id !== '') {
      all = mergeRetired(all, [{id, hlc}]);
    }
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

  const isCarried = (id: string): boolean => siblings.some(sibling => sibling.id === id);
  const fresh = retired.filter(({id, hlc}) => hlc >= olderThanHlc || isCarried(id));
  const newest = fresh.toSorted((a, b) => b.hlc - a.hlc).slice(0, RETIRED_IDS_MAX);
  const isNewest = new Set(newest.map(({id}) => id));
  const kept = fresh.filter(({id}) => isNewest.has(id) || isCarried(id));
  return kept.length === retired.length ? object : {...object, retired: kept};
}
