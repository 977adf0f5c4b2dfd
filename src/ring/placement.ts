/**
 * Which hosts own which partitions: a pure function of the hosts and of the owners until now.
 *
 * Requirements, the more important first; each has a test that says it in its title:
 *   1. The owners of a partition are different hosts, and differ in machine, zone and region while
 *      there are enough of them; with fewer, each of them has an owner.
 *   2. Each host owns its fair share by weight, within one partition, and is first owner of its
 *      part of them.
 *   3. When a host comes or goes, the fewest partitions move.
 *   4. A lost host's load does not fall on one neighbour, stand-ins included.
 *   5. Equal inputs give equal placements.
 * What cannot be satisfied is said in `unsatisfied`.
 */
import {decisiveLevels, domainsOf, type RingHost} from './domains.js';
import {orderOwners} from './order.js';
import {chooseOwners} from './owners.js';
import {fairShares} from './shares.js';
import {findShortfalls, type Shortfall} from './shortfalls.js';
import {chooseStandIns} from './stand-ins.js';

export type PlacementInput = {
  readonly partitions: number;
  /** Owners that each partition should have. */
  readonly n: number;
  /** At least one; ids differ, weights are positive. */
  readonly hosts: readonly RingHost[];
  /**
   * For each partition the ids of its owners until now, in order of preference; null for a new
   * ring.
   */
  readonly previous: ReadonlyArray<readonly string[]> | null;
};

export type Placement = {
  /**
   * For each partition, indexes of hosts in order of preference: n of them, or all when there are
   * fewer.
   */
  readonly owners: ReadonlyArray<readonly number[]>;
  /** For each partition, the host that comes after its owners; null when all hosts are owners. */
  readonly standIns: ReadonlyArray<number | null>;
  /** What differs from `previous`. Empty for a new ring. */
  readonly moves: readonly Move[];
  readonly unsatisfied: readonly Shortfall[];
};

/**
 * One slot changes hands. `from` is null where a slot is new, `to` where it is given up. Ids of
 * hosts.
 */
export type Move = {
  readonly partition: number;
  readonly from: string | null;
  readonly to: string | null;
};

export function place({partitions, n, hosts, previous}: PlacementInput): Placement {
  const copies = Math.min(n, hosts.length);
  const domains = domainsOf(hosts);
  const levels = decisiveLevels(domains, copies);
  const [apart, covered] = [domains[levels.apart].of, domains[levels.covered].of];
  const weights = hosts.map(({weight}) => weight);
  const shares = fairShares({weights, partitions, copies, apart, covered});
  const indexes = new Map(hosts.map(({id}, index) => [id, index]));
  const before = previous?.map(ids => ids.map(id => indexes.get(id) ?? -1)) ?? null;
  const owners = chooseOwners({partitions, copies, shares, apart, covered, previous: before});
  const counts = hosts.map(() => 0);
  for (const owner of owners.flat()) {
    counts[owner] = (counts[owner] ?? 0) + 1;
  }

  orderOwners(owners, counts, before);
  const standIns = chooseStandIns(owners, counts, domains);
  return {
    owners,
    standIns,
    moves: previous === null ? [] : movesBetween(previous, owners, hosts),
    unsatisfied: findShortfalls({hosts, n, domains, counts, owners, standIns}),
  };
}

function movesBetween(
  previous: ReadonlyArray<readonly string[]>,
  owners: ReadonlyArray<readonly number[]>,
  hosts: readonly RingHost[],
): Move[] {
  return owners.flatMap((row, partition) => {
    const before = previous[partition] ?? [];
    const after = row.map(owner => hosts[owner]?.id ?? '');
    const left = before.filter(id => !after.includes(id));
    const came = after.filter(id => !before.includes(id));
    return Array.from({length: Math.max(left.length, came.length)}, (_, slot) => ({
      partition,
      from: left[slot] ?? null,
      to: came[slot] ?? null,
    }));
  });
}
