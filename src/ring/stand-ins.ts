/**
 * Chooses for each partition the host that stands in first when an owner is down.
 *
 * Invariants:
 *   1. A stand-in is no owner, and shares a machine with an owner only where every other host does.
 *   2. The partitions of a lost host fall to many stand-ins, none taking more than twice its fair
 *      part and one more, unless labels or numbers leave no choice; `placement` reports it then.
 */
import type {Domains} from './domains.js';

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
