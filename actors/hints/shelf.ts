/**
 * Shelf: what is kept, in memory and on the disk as one: the index of all hints, their objects on
 * the way to the disk and back, and their removal.
 *
 * Invariants:
 *   1. What is on its way to the disk is found in the index; what is durable is read again.
 *   2. A hint that was removed never takes along one of the same key that comes after it.
 *   3. Whatever a failed commit may have changed, or not, is `unsure` until it was read again.
 */
import {Code, reject, type Rejection} from '../../src/errors.js';
import {OBJECT_BYTES_MAX} from '../../src/limits.js';
import type {Clock} from '../../src/ports/clock.js';
import {StorageFailure} from '../../src/ports/storage.js';
import type {Durable, GroupCommit} from '../../src/store/group-commit.js';
import type {Held} from '../../src/store/held.js';
import {encodeHint, type HintLabel} from '../../src/store/hint-record.js';
import {hintKey} from '../../src/store/layout.js';
import {uniteLabels, type HintEntry, type HintIndex} from './hint-index.js';
import type {HintReader} from './hint-reader.js';

export type ShelfPorts = {
  readonly clock: Clock;
  readonly commits: GroupCommit;
  readonly reader: HintReader;
};

/** Where a hint lies. */
export type Spot = {readonly partition: number; readonly name: string};

export class Shelf {
  readonly #unsure = new Map<string, Spot>();
  /** Removed in this turn, and still on the disk. */
  #removals: Spot[] = [];
  #isClosed = false;

  constructor(
    readonly index: HintIndex,
    private readonly ports: ShelfPorts,
    private readonly onCommitFailed: () => void,
  ) {}

  /** Keys whose hints have to be read again. */
  get unsure(): Spot[] {
    return [...this.#unsure.values()];
  }

  isPending({partition, name}: Spot): boolean {
    return (this.index.find(partition, name)?.pending ?? null) !== null;
  }

  /** Whether the entry is the key's hint still, and has not changed since that version. */
  isStill(entry: HintEntry, version: number): boolean {
    return entry.version === version && this.index.find(entry.partition, entry.name) === entry;
  }

  /** Whether all of these hosts are still to be given what is kept for the key. */
  isLackedBy({partition, name}: Spot, targets: readonly string[]): boolean {
    const entry = this.index.find(partition, name);
    return entry !== undefined && targets.every(target => this.index.lacking(target).has(entry));
  }

  /** Why the key's hint cannot become so large; null when it can. */
  refusal({partition, name}: Spot, {bytes: {length}}: Held): Rejection | null {
    if (length > OBJECT_BYTES_MAX) {
      const text = `the hint would take ${length} of ${OBJECT_BYTES_MAX} bytes`;
      return reject(Code.tooLarge, text);
    }

    const {bytes, bytesMax} = this.index;
    const room = `${bytes} of ${bytesMax} bytes`;
    const text = `this host keeps all the hints it may (${room}); start the hosts that are down`;
    return this.index.fits(partition, name, length) ? null : reject(Code.unavailable, text);
  }

  /** What was unsure has been read again. */
  goOn(): void {
    this.#unsure.clear();
  }

  /** Until `goOn` nothing is put here or removed; what has not begun to is left as it is. */
  rest(): void {
    this.#removals.splice(0).forEach(spot => this.#doubt(spot));
  }

  /** For good: somebody else reads the disk. */
  close(): void {
    this.#isClosed = true;
  }

  /** The entry's object, when it is durable; null when the entry has changed or gone meanwhile. */
  load(entry: HintEntry, done: (loaded: Held | null | StorageFailure) => void): void {
    const {version, partition, name} = entry;
    this.ports.reader.read(partition, name, hint => {
      if (!this.isStill(entry, version)) {
        done(null);
      } else if (hint === null) {
        done(new StorageFailure('IO', `the hint of ${name} is not where it was`));
      } else {
        done(hint instanceof StorageFailure ? hint : hint.held);
      }
    });
  }

  /** Makes `held` all that is kept for its key, for these targets and those it was kept for. */
  put(
    {partition, name}: Spot,
    held: Held,
    {epoch, targets}: Omit<HintLabel, 'keptAtMs'>,
    durable: Durable,
  ): HintEntry {
    // A hint that has just left must not take this one along.
    this.#flushRemovals();
    const nowMs = this.ports.clock.wallMs();
    const before = this.index.find(partition, name)?.label;
    const label = uniteLabels(before, {epoch, targets, keptAtMs: nowMs});
    const entry = this.index.set({partition, name, label, objectBytes: held.bytes.length}, nowMs);
    const {version} = entry;
    entry.pending = held;
    const record = encodeHint(label, held.bytes);
    this.ports.commits.addRecord(hintKey(partition, name), record, failure => {
      if (failure !== null) {
        this.#failed([{partition, name}]);
      } else if (entry.version === version) {
        entry.pending = null;
      }

      durable(failure);
    });
    return entry;
  }

  remove(entry: HintEntry): void {
    const {partition, name} = entry;
    this.index.remove(entry);
    this.#removals.push({partition, name});
    if (this.#removals.length === 1) {
      this.ports.clock.endOfTurn(() => this.#flushRemovals());
    }
  }

  /** Calls back once what is kept for the key is durable, at once when it is. */
  whenDurable(spot: Spot, durable: Durable): void {
    if (this.isPending(spot)) {
      this.ports.commits.whenSettled(durable);
    } else {
      durable(null);
    }
  }

  #flushRemovals(): void {
    const spots = this.#removals.splice(0);
    if (spots.length === 0 || this.#isClosed) {
      return;
    }

    const keys = spots.map(({partition, name}) => hintKey(partition, name));
    this.ports.commits.addRemovals(keys, failure => {
      if (failure !== null) {
        this.#failed(spots);
      }
    });
  }

  #failed(spots: readonly Spot[]): void {
    spots.forEach(spot => this.#doubt(spot));
    if (!this.#isClosed) {
      this.onCommitFailed();
    }
  }

  #doubt(spot: Spot): void {
    this.#unsure.set(`${spot.partition} ${spot.name}`, spot);
  }
}
