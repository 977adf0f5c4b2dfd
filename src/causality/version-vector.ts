/**
 * What was seen of one key. The functions below sit on every write and every read, nearly always
 * with one to five entries: they scan, and hand back what they were given wherever nothing has to
 * change.
 */
import type {Dot} from './dot.js';

/**
 * For each incarnation the highest counter seen, sorted by incarnation, one entry each.
 * An entry (a, 7) means: every dot of a up to 7 *for this key* was seen.
 */
export type VersionVector = readonly Dot[];

/** To have seen nothing. */
export const EMPTY_VECTOR: VersionVector = Object.freeze([]);

/**
 * Up to here a scan is quicker; past it a search keeps hostile input from costing the square of its
 * length.
 */
const SCAN_MAX = 8;

/** The highest counter seen of an incarnation, 0 when none was. */
export function counterOf(vector: VersionVector, incarnation: string): number {
  if (vector.length > SCAN_MAX) {
    return searchCounter(vector, incarnation);
  }

  for (const entry of vector) {
    if (entry.incarnation === incarnation) {
      return entry.counter;
    }
  }

  return 0;
}

function searchCounter(vector: VersionVector, incarnation: string): number {
  let from = 0;
  let to = vector.length;
  while (from < to) {
    const middle = (from + to) >>> 1;
    const entry = vector[middle]!;
    if (entry.incarnation === incarnation) {
      return entry.counter;
    }

    if (entry.incarnation < incarnation) {
      from = middle + 1;
    } else {
      to = middle;
    }
  }

  return 0;
}

export function covers(vector: VersionVector, dot: Dot): boolean {
  return dot.counter <= counterOf(vector, dot.incarnation);
}

/** Whether `a` has seen all that `b` has. */
export function dominates(a: VersionVector, b: VersionVector): boolean {
  if (a === b) {
    return true;
  }

  for (const entry of b) {
    if (!covers(a, entry)) {
      return false;
    }
  }

  return true;
}

export function vectorsEqual(a: VersionVector, b: VersionVector): boolean {
  return a.length === b.length && dominates(a, b) && dominates(b, a);
}

/** The least vector that dominates both; `a` or `b` itself when that one does. */
export function mergeVectors(a: VersionVector, b: VersionVector): VersionVector {
  if (dominates(a, b)) {
    return a;
  }

  if (dominates(b, a)) {
    return b;
  }

  const merged: Dot[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length && j < b.length) {
    const left = a[i]!;
    const right = b[j]!;
    if (left.incarnation === right.incarnation) {
      merged.push(left.counter >= right.counter ? left : right);
      i += 1;
      j += 1;
    } else if (left.incarnation < right.incarnation) {
      merged.push(left);
      i += 1;
    } else {
      merged.push(right);
      j += 1;
    }
  }

  for (; i < a.length; i += 1) {
    merged.push(a[i]!);
  }

  for (; j < b.length; j += 1) {
    merged.push(b[j]!);
  }

  return merged;
}

/** The least vector that dominates `vector` and covers `dot`. */
export function includeDot(vector: VersionVector, dot: Dot): VersionVector {
  return mergeVectors(vector, [dot]);
}
