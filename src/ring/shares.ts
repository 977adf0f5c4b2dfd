/**
 * How many copies each host should hold: in proportion to its weight, as far as keeping copies
 * apart allows.
 *
 * A group of hosts that must not hold two copies of one partition can hold at most one copy of
 * each; what it cannot take is spread over the others. A group that must hold a copy of every
 * partition holds at least one of each. Shares are fractions; a placement gives each host its share
 * rounded up or down.
 *
 * Invariants:
 *   1. The shares add up to `partitions` times `copies`.
 *   2. No group that is kept apart has more than `partitions`; none that is covered has less.
 *   3. Inside a group that is kept apart, shares are in proportion to weight; between two such
 *      groups of one covered group as well, unless one is full.
 */
export type ShareInput = {
  readonly weights: readonly number[];
  readonly partitions: number;
  readonly copies: number;
  /** For each host, its group among those that hold at most one copy of a partition. */
  readonly apart: readonly number[];
  /** For each host, its group among those that hold at least one copy of a partition. */
  readonly covered: readonly number[];
};

export function fairShares({weights, partitions, copies, apart, covered}: ShareInput): number[] {
  const groupWeights = sums(apart, weights);
  const coveredBy = new Map(apart.map((group, host) => [group, covered[host] ?? 0]));
  const members = new Map<number, number[]>();
  for (const [group, cover] of coveredBy) {
    members.set(cover, [...(members.get(cover) ?? []), groupWeights.get(group) ?? 0]);
  }

  // What all take when each group has `level` copies for each unit of weight, within its limits.
  const taken = (level: number) => {
    let total = 0;
    for (const groups of members.values()) {
      total += Math.max(partitions, filled(groups, level, partitions));
    }

    return total;
  };
  const level = waterLevel(taken, partitions * copies, partitions, groupWeights.values());
  const levels = new Map<number, number>();
  for (const [cover, groups] of members) {
    const least = waterLevel(at => filled(groups, at, partitions), partitions, partitions, groups);
    levels.set(cover, Math.max(level, least));
  }

  return weights.map((weight, host) => {
    const group = apart[host] ?? 0;
    const groupWeight = groupWeights.get(group) ?? weight;
    const groupShare = Math.min(partitions, (levels.get(covered[host] ?? 0) ?? 0) * groupWeight);
    return (groupShare * weight) / groupWeight;
  });
}

function filled(groupWeights: readonly number[], level: number, cap: number): number {
  return groupWeights.reduce((total, weight) => total + Math.min(cap, level * weight), 0);
}

/** The lowest level at which `taken` reaches `wanted`, by bisection down to the last bit. */
function waterLevel(
  taken: (level: number) => number,
  wanted: number,
  cap: number,
  weights: Iterable<number>,
): number {
  let low = 0;
  let high = cap / Math.min(...weights);
  for (;;) {
    const middle = (low + high) / 2;
    if (middle === low || middle === high) {
      return high;
    }

    if (taken(middle) < wanted) {
      low = middle;
    } else {
      high = middle;
    }
  }
}

function sums(groups: readonly number[], weights: readonly number[]): Map<number, number> {
  const totals = new Map<number, number>();
  for (const [host, group] of groups.entries()) {
    totals.set(group, (totals.get(group) ?? 0) + (weights[host] ?? 0));
  }

  return totals;
}
