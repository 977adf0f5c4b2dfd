/**
 * What two owners were found to differ in, leaf by leaf, and what of it was found twice.
 *
 * A write that is on its way when two trees are compared looks like a difference. So nothing is
 * acted on that a second look, a moment later, does not show as well (T38).
 */
import type {Hash64} from '../merkle/object-hash.js';

/** Objects by `keyOfName`; their hashes. */
export type Objects = ReadonlyMap<string, Hash64>;

export type LeafDifference = {
  readonly copies: number;
  readonly leaf: number;
  /** What the other owner has and this one has not, or has another of. */
  readonly theirs: Objects | 'all';
  readonly ours: Objects | 'all';
};

export function keyOfName({hi, lo}: Hash64): string {
  return `${hi.toString(16)} ${lo.toString(16)}`;
}

export function nameOfKey(key: string): Hash64 {
  const [hi = '', lo = ''] = key.split(' ');
  return {hi: Number.parseInt(hi, 16), lo: Number.parseInt(lo, 16)};
}

/** Keys that differ both times, as they were the second time. */
export function foundTwice(
  first: readonly LeafDifference[],
  second: readonly LeafDifference[],
): LeafDifference[] {
  const before = new Map(first.map(difference => [idOf(difference), difference]));
  return second.flatMap(difference => {
    const earlier = before.get(idOf(difference));
    const both = earlier === undefined ? null : intersect(earlier, difference);
    return both === null ? [] : [both];
  });
}

/** How many keys; a side that is empty counts as one, since nobody can say without looking. */
export function sizeOf({theirs, ours}: LeafDifference): number {
  return (theirs === 'all' ? 1 : theirs.size) + (ours === 'all' ? 1 : ours.size);
}

function intersect(earlier: LeafDifference, later: LeafDifference): LeafDifference | null {
  const isKnown =
    earlier.theirs === 'all' || earlier.ours === 'all'
      ? () => true
      : among(earlier.theirs, earlier.ours);
  const both = {
    copies: later.copies,
    leaf: later.leaf,
    theirs: narrowed(later.theirs, earlier.theirs, isKnown),
    ours: narrowed(later.ours, earlier.ours, isKnown),
  };
  return sizeOf(both) === 0 ? null : both;
}

function narrowed(
  later: Objects | 'all',
  earlier: Objects | 'all',
  isKnown: (key: string) => boolean,
): Objects | 'all' {
  return later === 'all' ? earlier : new Map([...later].filter(([key]) => isKnown(key)));
}

function among(...sets: readonly Objects[]): (key: string) => boolean {
  return key => sets.some(set => set.has(key));
}

function idOf({copies, leaf}: LeafDifference): string {
  return `${copies}/${leaf}`;
}
