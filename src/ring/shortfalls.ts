/** What a placement could not give, for the plan that people read. Nothing of it is hidden. */
import type {Domains, RingHost} from './domains.js';
import {takeoverLimit} from './stand-ins.js';

export type Shortfall = {
  readonly requirement: 'copies' | 'machine' | 'zone' | 'region' | 'weight' | 'takeover';
  /** Ids of the hosts that it concerns; empty when it concerns all. */
  readonly hosts: readonly string[];
  readonly text: string;
};

export type Placed = {
  readonly hosts: readonly RingHost[];
  /** Copies that were asked for. */
  readonly n: number;
  readonly domains: Domains;
  readonly counts: readonly number[];
  readonly owners: ReadonlyArray<readonly number[]>;
  readonly standIns: ReadonlyArray<number | null>;
};

export function findShortfalls(placed: Placed): Shortfall[] {
  return [
    ...tooFewHosts(placed),
    ...tooFewDomains(placed),
    ...unfairCounts(placed),
    ...unevenTakeovers(placed),
  ];
}

function tooFewHosts({hosts, n}: Placed): Shortfall[] {
  const text = `${hosts.length} hosts cannot hold ${n} copies: each partition has ${hosts.length}`;
  return hosts.length < n ? [{requirement: 'copies', hosts: [], text}] : [];
}

function tooFewDomains({hosts, n, domains}: Placed): Shortfall[] {
  const copies = Math.min(n, hosts.length);
  const levels = ['region', 'zone', 'machine'] as const;
  return levels.flatMap(level => {
    // Without labels nobody claimed that there are several.
    const isLabelled = hosts.some(({labels}) => labels[level] !== undefined);
    const count = domains[level].count;
    const text = `${copies} copies share ${count} ${level}${count === 1 ? '' : 's'}`;
    return isLabelled && count < copies ? [{requirement: level, hosts: [], text}] : [];
  });
}

function unfairCounts({hosts, counts}: Placed): Shortfall[] {
  const weight = hosts.reduce((sum, host) => sum + host.weight, 0);
  const slots = counts.reduce((sum, count) => sum + count, 0);
  return hosts.flatMap((host, index) => {
    const count = counts[index] ?? 0;
    const fair = (slots * host.weight) / weight;
    const text =
      `${host.id} owns ${count} partitions where its weight of ${host.weight} asks for` +
      ` ${fair.toFixed(1)}: copies are kept apart first`;
    return Math.abs(count - fair) > 1 + 1e-6
      ? [{requirement: 'weight', hosts: [host.id], text}]
      : [];
  });
}

/**
 * Checks what each loss of one host would do to the others, as requests and as copies to stand in
 * for.
 */
function unevenTakeovers({hosts, counts, owners, standIns}: Placed): Shortfall[] {
  const found: Shortfall[] = [];
  for (const [lost, {id}] of hosts.entries()) {
    const requests = owners.filter(([first]) => first === lost).map(([, second]) => second);
    const copies = standIns.filter((_, partition) => owners[partition]?.includes(lost));
    for (const [what, heirs] of [
      ['requests', requests],
      ['copies', copies],
    ] as const) {
      for (const [heir, {id: heirId}] of hosts.entries()) {
        const taken = heirs.filter(host => host === heir).length;
        if (taken > takeoverLimit(heirs.length, lost, heir, counts)) {
          const part = `${taken} of its ${heirs.length} partitions`;
          const text = `when ${id} is lost, ${heirId} takes over the ${what} of ${part}`;
          found.push({requirement: 'takeover', hosts: [id, heirId], text});
        }
      }
    }
  }

  return found;
}
