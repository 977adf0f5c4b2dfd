/** How far the purge is, and what it waits for. */

/** Per partition, where there is something to tell. */
export type PurgeReport = {
  readonly seen: number;
  readonly marked: number;
  readonly purged: number;
  /** Why what was seen is not forgotten yet; '' when only for its age, or when nothing was. */
  readonly waitsFor: string;
  readonly partitions: ReadonlyArray<{
    readonly partition: number;
    readonly seen: number;
    readonly marked: number;
    readonly purged: number;
  }>;
};

/** By partition. */
export type PurgeCounts = {
  readonly seen: ReadonlyMap<number, number>;
  readonly marked: ReadonlyMap<number, number>;
  readonly purged: ReadonlyMap<number, number>;
};

export function reportOf(
  owned: readonly number[],
  {seen, marked, purged}: PurgeCounts,
  waitsFor: string,
): PurgeReport {
  const partitions = owned
    .map(partition => ({
      partition,
      seen: seen.get(partition) ?? 0,
      marked: marked.get(partition) ?? 0,
      purged: purged.get(partition) ?? 0,
    }))
    .filter(one => one.seen + one.marked + one.purged > 0);
  return {
    seen: sum(seen),
    marked: sum(marked),
    purged: sum(purged),
    waitsFor: sum(seen) + sum(marked) > 0 ? waitsFor : '',
    partitions,
  };
}

function sum(counts: ReadonlyMap<number, number>): number {
  return [...counts.values()].reduce((all, count) => all + count, 0);
}
