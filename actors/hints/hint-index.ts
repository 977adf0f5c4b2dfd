/**
 * What a host keeps for others, without the objects themselves: for each hint where it lies, and
 * which hosts have not taken it yet. Complete once it was loaded, so that a key it does not know
 * has no hint.
 *
 * Invariants:
 *   1. All hints together are charged no more than `bytesMax`, each with an overhead besides its
 *      object, so that their number is bounded as well.
 *   2. Targets are resolved against the partition as it is now (T15): if its epoch is another than
 *      the hint's, or a target is no owner any more, all present owners are targets.
 *   3. A change of a hint makes every target lack it again: what was acknowledged is what was sent,
 *      and no more.
 *   4. What a target lacks is in the order since when it lacks it.
 */
import type {HintLabel} from '../../src/store/hint-record.js';
import type {Held} from '../../src/store/held.js';

/** A partition as this host knows it. */
export type Place = {readonly epoch: number; readonly owners: readonly string[]};

/** One hint, made when a key gets its first and gone when it was delivered. */
export type HintEntry = {
  readonly partition: number;
  readonly name: string;
  label: HintLabel;
  /** What is charged for it. */
  bytes: number;
  /** Grows with each change. */
  version: number;
  /** The object while it is on its way to the disk; null once it is durable. */
  pending: Held | null;
  /** The stand-in's incarnation that stamped a write of it; '' when none did since the start. */
  stampedUnder: string;
  /** Targets that have not acknowledged this version. */
  left: number;
};

export type HintChange = {
  readonly partition: number;
  readonly name: string;
  readonly label: HintLabel;
  readonly objectBytes: number;
};

/** For key and value of the engine, and for what the index itself takes. */
const HINT_OVERHEAD_BYTES = 512;

export class HintIndex {
  readonly #entries = new Map<number, Map<string, HintEntry>>();
  readonly #lacking = new Map<string, Map<HintEntry, number>>();
  #count = 0;
  #bytes = 0;

  constructor(
    readonly bytesMax: number,
    private readonly placeOf: (partition: number) => Place | undefined,
  ) {}

  get count(): number {
    return this.#count;
  }

  get bytes(): number {
    return this.#bytes;
  }

  find(partition: number, name: string): HintEntry | undefined {
    return this.#entries.get(partition)?.get(name);
  }

  /** Whether a key's hint may become as large. */
  fits(partition: number, name: string, objectBytes: number): boolean {
    const before = this.find(partition, name)?.bytes ?? 0;
    return this.#bytes - before + charge(name, objectBytes) <= this.bytesMax;
  }

  /**
   * A new hint, or a change of the one that is there. `sinceMs`: since when its targets lack it.
   */
  set(change: HintChange, sinceMs: number): HintEntry {
    const {partition, name, label, objectBytes} = change;
    const entry = this.find(partition, name) ?? this.#add(partition, name, label);
    const bytes = charge(name, objectBytes);
    this.#bytes += bytes - entry.bytes;
    entry.bytes = bytes;
    entry.label = label;
    entry.version += 1;
    const targets = resolveTargets(label, this.placeOf(partition));
    entry.left = targets.length;
    for (const target of targets) {
      const lacked = this.lacking(target);
      if (!lacked.has(entry)) {
        lacked.set(entry, sinceMs);
      }
    }

    return entry;
  }

  /** What a host has not taken yet, each with the time since when, the oldest first. */
  lacking(target: string): Map<HintEntry, number> {
    let lacked = this.#lacking.get(target);
    if (lacked === undefined) {
      lacked = new Map();
      this.#lacking.set(target, lacked);
    }

    return lacked;
  }

  /** When the oldest hint that `target` lacks was kept; null when it lacks none. */
  oldestMs(target: string): number | null {
    const [first] = this.lacking(target).values();
    return first ?? null;
  }

  get targets(): string[] {
    return [...this.#lacking.keys()];
  }

  /** A target has taken the entry's present version: true when it was the last one. */
  acknowledge(target: string, entry: HintEntry): boolean {
    if (!this.lacking(target).delete(entry)) {
      return false;
    }

    entry.left -= 1;
    return entry.left === 0;
  }

  remove(entry: HintEntry): void {
    if (this.#entries.get(entry.partition)?.delete(entry.name) === true) {
      this.#count -= 1;
      this.#bytes -= entry.bytes;
    }

    for (const lacked of this.#lacking.values()) {
      lacked.delete(entry);
    }
  }

  #add(partition: number, name: string, label: HintLabel): HintEntry {
    const entry: HintEntry = {
      partition,
      name,
      label,
      bytes: 0,
      version: 0,
      pending: null,
      stampedUnder: '',
      left: 0,
    };
    const others = this.#entries.get(partition);
    if (others === undefined) {
      this.#entries.set(partition, new Map([[name, entry]]));
    } else {
      others.set(name, entry);
    }

    this.#count += 1;
    return entry;
  }
}

/** Who is to be given a hint, as things are now. */
export function resolveTargets(
  {epoch, targets}: HintLabel,
  place: Place | undefined,
): readonly string[] {
  if (place === undefined) {
    return targets;
  }

  const areOwners = targets.every(target => place.owners.includes(target));
  return place.epoch === epoch && areOwners ? targets : place.owners;
}

/** The label of two hints in one. Of the lower epoch: its targets may be owners no more. */
export function uniteLabels(before: HintLabel | undefined, next: HintLabel): HintLabel {
  if (before === undefined) {
    return next;
  }

  return {
    epoch: Math.min(before.epoch, next.epoch),
    targets: [...new Set([...before.targets, ...next.targets])],
    keptAtMs: Math.min(before.keptAtMs, next.keptAtMs),
  };
}

function charge(name: string, objectBytes: number): number {
  return HINT_OVERHEAD_BYTES + 3 * name.length + objectBytes;
}
