/**
 * Chooses for each partition the host that stands in first when an owner is down, and the order in
 * which the others follow it.
 *
 * Invariants:
 *   1. A stand-in is no owner, and shares a machine with an owner only where every other host does.
 *   2. The partitions of a lost host fall to many stand-ins, none taking more than twice its fair
 *      part and one more, unless labels or numbers leave no choice; `placement` reports it then.
 *   3. Those that follow are in an order of each partition's own, so that no host follows another
 *      everywhere.
 */
import type {Domains} from './domains.js';
import {fnv1a32} from './partition.js';

/** Null where all hosts are owners. */
export function chooseStandIns(
  owners: ReadonlyArray<readonly number[]>,
  counts: readonly number[],
  domains: Domains,
): Array<number | null> {
  const taken = counts.map(() => counts.map(() => 0));
  return owners.map(row => {
    const standIn = bestStandIn(row, counts, domains, taken);
    for (const owner of row) {
      const perStandIn = taken[owner];
      if (standIn !== null && perStandIn !== undefined) {
        perStandIn[standIn] = (perStandIn[standIn] ?? 0) + 1;
      }
    }

    return standIn;
  });
}

/**
 * Indexes of all hosts that are no owners: `first`, then the others by a hash of partition and host
 * (rendezvous hashing: Thaler and Ravishankar, 1998), those on a machine of an owner last.
 */
export function orderStandIns(
  partition: number,
  owners: readonly number[],
  first: number | null,
  ids: readonly string[],
  {machine}: Domains,
): number[] {
  const taken = new Set(owners.map(owner => machine.of[owner]));
  const others = [...ids.keys()]
    .filter(host => host !== first && !owners.includes(host))
    .map(host => ({
      host,
      shares: taken.has(machine.of[host]) ? 1 : 0,
      rank: spread(fnv1a32(Buffer.from(`${partition} ${ids[host] ?? ''}`))),
    }))
    .toSorted((a, b) => a.shares - b.shares || a.rank - b.rank);
  return [...(first === null ? [] : [first]), ...others.map(({host}) => host)];
}

/** The most partitions of a lost host that one other should have to take over. */
export function takeoverLimit(
  part: number,
  host: number,
  heir: number,
  counts: readonly number[],
): number {
  const others = counts.reduce((sum, count, index) => (index === host ? sum : sum + count), 0);
  return Math.ceil((2 * part * (counts[heir] ?? 0)) / others) + 1;
}

function bestStandIn(
  row: readonly number[],
  counts: readonly number[],
  {machine, zone, region}: Domains,
  taken: ReadonlyArray<readonly number[]>,
): number | null {
  let best: number | null = null;
  let bestRank: readonly number[] = [];
  const shares = (groups: readonly number[], host: number) =>
    row.some(owner => groups[owner] === groups[host]) ? 1 : 0;
  for (const host of counts.keys()) {
    if (row.includes(host)) {
      continue;
    }

    const loads = row.map(owner => {
      const limit = takeoverLimit(counts[owner] ?? 0, owner, host, counts);
      return ((taken[owner]?.[host] ?? 0) + 1) / limit;
    });
    const rank = [
      shares(machine.of, host),
      loads.filter(load => load > 1).length,
      shares(zone.of, host) + shares(region.of, host),
      loads.reduce((sum, load) => sum + load, 0),
    ];
    if (best === null || isLess(rank, bestRank)) {
      [best, bestRank] = [host, rank];
    }
  }

  return best;
}

function isLess(a: readonly number[], b: readonly number[]): boolean {
  const at = a.findIndex((value, index) => value !== b[index]);
  return at !== -1 && (a[at] ?? 0) < (b[at] ?? 0);
}

/** The last step of MurmurHash3: ids that differ in their last character alone are far apart. */
function spread(hash: number): number {
  let mixed = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
