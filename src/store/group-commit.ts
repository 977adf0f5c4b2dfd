/**
 * Group commit across all vnodes of a host: while one batch is being made durable the next one
 * gathers. (Gray and Reuter, "Transaction Processing", 1992, section 10.4.7.)
 *
 * Invariants:
 *   1. A waiter hears "durable" only after the batch with its write was synced (or, with a weaker
 *      durability, written).
 *   2. An object, the change of its Merkle leaf and its vnode's lease travel in one atomic batch
 *      (T43).
 *   3. A pending object is found here from its decision until its batch has ended, whatever its
 *      vnode does.
 *   4. When a batch fails, so does everything gathered behind it: it was decided on top of what
 *      failed.
 *   5. Past `operationsMax` operations or `bytesMax` bytes, gathered or under way, the group is
 *      `full`, and whoever would add to it must turn down instead. From half of that on it is
 *      `crowded`: what is left is for writes that another host has taken on already.
 */
import type {StorageFailure, WriteOperation} from '../ports/storage.js';
import type {Held} from './held.js';
import {objectKey} from './layout.js';
import {JOURNAL_SLOTS, LeafJournal} from './leaf-journal.js';
import type {LeafWrite} from './leaf-records.js';
import {sealRecord} from './record.js';

export type Durable = (failure: StorageFailure | null) => void;

/** The object of a key, null to remove it, and the leaf that already weighs it. */
export type ObjectWrite = LeafWrite & {readonly name: string; readonly held: Held | null};

/** A record that is to be sealed. */
export type Content = {readonly key: Uint8Array; readonly content: Uint8Array};

export type GroupBounds = {
  readonly operationsMax: number;
  readonly bytesMax: number;
  /** See `JOURNAL_SLOTS`. */
  readonly journalSlots?: number;
  /** False: leaves of Merkle trees are not made durable, so that nothing can be repaired. */
  readonly keepsLeaves?: boolean;
};

/**
 * What gathers, or is on its way to the disk. Later writes of the same key replace earlier ones.
 */
class Batch {
  readonly objects = new Map<string, ObjectWrite>();
  readonly others: WriteOperation[] = [];
  readonly waiters: Durable[] = [];
  bytes = 0;
  mustSync = false;

  get empty(): boolean {
    return this.objects.size === 0 && this.others.length === 0 && this.waiters.length === 0;
  }

  operations(): WriteOperation[] {
    const operations = [...this.others];
    for (const write of this.objects.values()) {
      const key = objectKey(write.partition, write.name, write.leaf);
      const {held} = write;
      operations.push({key, value: held === null ? null : sealRecord(key, held.bytes)});
    }

    return operations;
  }
}

export class GroupCommit {
  readonly leaves: LeafJournal;
  #gathering = new Batch();
  #committing: Batch | null = null;

  constructor(
    private readonly bounds: GroupBounds,
    /** Called when the first write joins an empty group. */
    private readonly onGathered: () => void,
  ) {
    this.leaves = new LeafJournal(bounds.journalSlots ?? JOURNAL_SLOTS);
  }

  /** Operations that wait or are being written. */
  get depth(): number {
    return this.#gathering.waiters.length + (this.#committing?.waiters.length ?? 0);
  }

  /** Operations that wait for the next batch. */
  get gathered(): number {
    return this.#gathering.waiters.length;
  }

  get hasGathered(): boolean {
    return !this.#gathering.empty;
  }

  get full(): boolean {
    return this.#holds(1);
  }

  get crowded(): boolean {
    return this.#holds(1 / 2);
  }

  /** undefined when nothing is pending; null while the key's object is being removed. */
  pending(name: string): Held | null | undefined {
    const write = this.#gathering.objects.get(name) ?? this.#committing?.objects.get(name);
    return write?.held;
  }

  addObject(write: ObjectWrite, durable: Durable): void {
    const batch = this.#gathering;
    batch.objects.set(write.name, write);
    batch.bytes += write.held?.bytes.length ?? 0;
    this.#join(durable);
  }

  addRecord(key: Uint8Array, content: Uint8Array, durable: Durable): void {
    this.addRecords([{key, content}], durable);
  }

  /** All in one batch, and one operation. */
  addRecords(records: readonly Content[], durable: Durable): void {
    for (const {key, content} of records) {
      this.#gathering.others.push({key, value: sealRecord(key, content)});
      this.#gathering.bytes += content.length;
    }

    this.#join(durable);
  }

  /** `durable` once the records are gone for good. */
  addRemovals(keys: readonly Uint8Array[], durable: Durable): void {
    this.#gathering.others.push(...keys.map(key => ({key, value: null})));
    this.#join(durable);
  }

  /** Calls back once the pending object of `name` is durable, at once when none is pending. */
  whenDurable(name: string, durable: Durable): void {
    if (this.#gathering.objects.has(name)) {
      this.#gathering.waiters.push(durable);
    } else if (this.#committing?.objects.has(name)) {
      this.#committing.waiters.push(durable);
    } else {
      durable(null);
    }
  }

  /**
   * Calls back once everything that was written before this call has ended, well or badly: at once
   * when all has.
   */
  whenSettled(settled: Durable): void {
    const last = this.#gathering.empty ? this.#committing : this.#gathering;
    if (last === null) {
      settled(null);
    } else {
      last.waiters.push(settled);
    }
  }

  /**
   * Calls back once no power cut takes anything that was written before this call, however seldom
   * this host syncs otherwise.
   */
  whenSynced(synced: Durable): void {
    this.#gathering.mustSync = true;
    this.#join(synced);
  }

  /** What gathers is to be synced whatever the durability. */
  get mustSync(): boolean {
    return this.#gathering.mustSync;
  }

  /** Closes the gathered batch and hands out its operations. One batch at a time is under way. */
  begin(): WriteOperation[] {
    this.#committing = this.#gathering;
    this.#gathering = new Batch();
    const operations = this.#committing.operations();
    if (this.bounds.keepsLeaves !== false) {
      operations.push(...this.leaves.begin(this.#committing.objects));
    }

    return operations;
  }

  /** The batch under way is durable: tells `keep` of each object, then the waiters, in order. */
  succeed(keep: (name: string, held: Held | null) => void): void {
    const batch = this.#committing;
    this.#committing = null;
    for (const [name, write] of batch?.objects ?? []) {
      keep(name, write.held);
    }

    for (const durable of batch?.waiters ?? []) {
      durable(null);
    }
  }

  /** When the store goes on after it, `leaves` must have been loaded anew. */
  fail(failure: StorageFailure): void {
    const batches = [this.#committing, this.#gathering];
    this.#committing = null;
    this.#gathering = new Batch();
    for (const batch of batches) {
      for (const durable of batch?.waiters ?? []) {
        durable(failure);
      }
    }
  }

  #holds(part: number): boolean {
    const {operationsMax, bytesMax} = this.bounds;
    const bytes = this.#gathering.bytes + (this.#committing?.bytes ?? 0);
    return this.depth >= operationsMax * part || bytes >= bytesMax * part;
  }

  #join(durable: Durable): void {
    const first = this.#gathering.waiters.length === 0;
    this.#gathering.waiters.push(durable);
    if (first) {
      this.onGathered();
    }
  }
}
