/**
 * Puts the owners of each partition into their order of preference. No data moves for it.
 *
 * Invariants:
 *   1. Each host is first for its part of the partitions that it owns, rounded up or down.
 *   2. A partition that kept its owners keeps its order, unless the first invariant needs it.
 */
import {level} from './levelling.js';

/** `owners` is changed in place; `before` is the order until now, null for a new ring. */
export function orderOwners(
  owners: number[][],
  counts: readonly number[],
  before: ReadonlyArray<readonly number[]> | null,
): void {
  const isKept = owners.map((row, partition) => {
    const old = before?.[partition];
    return old?.length === row.length && row.every(owner => old.includes(owner));
  });
  spreadSeconds(owners, counts, isKept);
  levelFirsts(owners, counts, isKept);
}

/**
 * When a first owner is lost, its requests go to the seconds of its partitions: those should be
 * many hosts.
 */
function spreadSeconds(
  owners: number[][],
  counts: readonly number[],
  isKept: readonly boolean[],
): void {
  const follows = counts.map(() => counts.map(() => 0));
  const tally = ([first = 0, second]: readonly number[]) => {
    const row = follows[first];
    if (second !== undefined && row !== undefined) {
      row[second] = (row[second] ?? 0) + 1;
    }
  };
  // In proportion to what both own.
  const rank = (first: number, second: number) =>
    ((follows[first]?.[second] ?? 0) + 1) / ((counts[first] ?? 1) * (counts[second] ?? 1));
  for (const row of owners.filter((_, partition) => isKept[partition] === true)) {
    tally(row);
  }

  for (const row of owners.filter((_, partition) => isKept[partition] !== true)) {
    const pairs = row.flatMap(a => row.filter(b => b !== a).map(b => [a, b] as const));
    const rarest = pairs.toSorted((one, other) => rank(...one) - rank(...other))[0] ?? [];
    row.splice(
      0,
      row.length,
      ...rarest,
      ...row.filter(owner => !rarest.some(one => one === owner)),
    );
    tally(row);
  }
}

function levelFirsts(
  owners: number[][],
  counts: readonly number[],
  isKept: readonly boolean[],
): void {
  const copies = owners[0]?.length ?? 1;
  const firsts = counts.map(() => 0);
  for (const [first = 0] of owners) {
    firsts[first] = (firsts[first] ?? 0) + 1;
  }

  level({
    partitions: owners.length,
    counts: firsts,
    low: counts.map(count => Math.floor(count / copies)),
    high: counts.map(count => Math.ceil(count / copies)),
    holders: partition => owners[partition]?.slice(0, 1) ?? [],
    canMove: (partition, from, to) => from !== to && (owners[partition]?.includes(to) ?? false),
    cost: partition => (isKept[partition] === true ? 1 : 0),
    move: (partition, from, to) => {
      const row = owners[partition] ?? [];
      row[row.indexOf(to)] = from;
      row[0] = to;
      firsts[from] = (firsts[from] ?? 0) - 1;
      firsts[to] = (firsts[to] ?? 0) + 1;
    },
  });
}
