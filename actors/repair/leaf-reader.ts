/**
 * Leaf reader: reads the objects under a Merkle leaf from disk, in small chunks, off the hot path.
 *
 * Invariants:
 *   1. All readers of a host together examine at most `keysPerSecond` objects, over any few
 *      seconds; a quarter of that while the host is busy (T36).
 *   2. At most `READS_MAX` leaves are read at once: past it a read ends at once, with nothing.
 *   3. A damaged record is told to the store and ends the read; it is never taken for a difference
 *      (T42).
 */
import {nameHash, type Hash64} from '../../src/merkle/object-hash.js';
import type {Clock} from '../../src/ports/clock.js';
import {StorageFailure, type Entry, type Storage} from '../../src/ports/storage.js';
import {holdBytes, type Held} from '../../src/store/held.js';
import {leafRange, nameOfObjectKey, objectKey} from '../../src/store/layout.js';
import {openRecord} from '../../src/store/record.js';

export type LeafReaderPorts = {
  readonly clock: Clock;
  /** Checked (store/checked-storage.ts): whoever meets damage need only fail. */
  readonly storage: Storage;
  readonly keysPerSecond: number;
  readonly copiesOf: (name: string) => number;
  readonly isBusy: () => boolean;
};

/** One leaf of one tree of a partition. */
export type Leaf = {readonly partition: number; readonly copies: number; readonly leaf: number};

/** Never of an object that is marked to go: it weighs nothing, and repair knows nothing of it. */
export type LeafEntry = {readonly nameHash: Hash64; readonly held: Held};

/** `last` is the name of the last object that was examined; only where a next page follows. */
export type Page = {readonly last: string; readonly isEnd: boolean};

type Read = {
  readonly leaf: Leaf;
  readonly to: Uint8Array;
  readonly each: (entry: LeafEntry) => void;
  /** Asked after each chunk: whether to read on. */
  readonly goOn: () => boolean;
  readonly done: (page: Page | StorageFailure) => void;
};

/** Objects may be large: so many lie in memory at once. */
const CHUNK = 64;
/** What a scan costs besides, in objects. */
const SCAN_KEYS = 4;
const READS_MAX = 16;
const BUSY_SHARE = 4;
/** Chunks follow each other without a timer while this far ahead of the pace. */
const BURST_MS = 100;

export class LeafReader {
  #reads = 0;
  /** When what has been read would have been, at an even pace. */
  #paidUntilMs = 0;

  constructor(private readonly ports: LeafReaderPorts) {}

  /** Reads what comes after the name `after`, until `goOn` says no. Never ends before return. */
  read(
    leaf: Leaf,
    after: string,
    each: (entry: LeafEntry) => void,
    goOn: () => boolean,
    done: (page: Page | StorageFailure) => void,
  ): void {
    const {clock} = this.ports;
    if (this.#reads >= READS_MAX) {
      const failure = new StorageFailure('IO', 'this host reads as many leaves as it can');
      clock.endOfTurn(() => done(failure));
      return;
    }

    const {from, to} = leafRange(leaf.partition, leaf.leaf);
    this.#reads += 1;
    const read = {leaf, to, each, goOn, done};
    const first = after === '' ? from : behind(objectKey(leaf.partition, after, leaf.leaf));
    this.#whenPaid(() => this.#scan(read, first));
  }

  #scan(read: Read, from: Uint8Array): void {
    const {storage} = this.ports;
    storage.scan({from, to: read.to, limit: CHUNK}, (failure, entries) => {
      this.#owe(entries.length + SCAN_KEYS);
      const problem = failure ?? this.#tellEach(read, entries);
      const end = entries.at(-1);
      const last = end === undefined ? '' : nameOfObjectKey(end.key);
      if (problem !== null) {
        this.#end(read, problem);
      } else if (end === undefined || entries.length < CHUNK) {
        this.#end(read, {last, isEnd: true});
      } else if (read.goOn()) {
        this.#whenPaid(() => this.#scan(read, behind(end.key)));
      } else {
        this.#end(read, {last, isEnd: false});
      }
    });
  }

  #tellEach({leaf, each}: Read, entries: readonly Entry[]): StorageFailure | null {
    for (const {key, value} of entries) {
      const name = nameOfObjectKey(key);
      if (this.ports.copiesOf(name) !== leaf.copies) {
        continue;
      }

      const held = open(name, key, value);
      if (held instanceof StorageFailure) {
        return held;
      }

      if (!held.isMarked) {
        each({nameHash: nameHash(name), held});
      }
    }

    return null;
  }

  #end({done}: Read, page: Page | StorageFailure): void {
    this.#reads -= 1;
    done(page);
  }

  #owe(keys: number): void {
    const {clock, keysPerSecond, isBusy} = this.ports;
    const share = isBusy() ? BUSY_SHARE : 1;
    this.#paidUntilMs =
      Math.max(this.#paidUntilMs, clock.nowMs()) + (1_000 * keys * share) / keysPerSecond;
  }

  #whenPaid(then: () => void): void {
    const {clock} = this.ports;
    const aheadMs = this.#paidUntilMs - clock.nowMs();
    if (aheadMs > BURST_MS) {
      clock.setTimeout(then, aheadMs - BURST_MS);
    } else {
      then();
    }
  }
}

/** The least key above this one. */
function behind(key: Uint8Array): Uint8Array {
  return Buffer.concat([key, Buffer.of(0)]);
}

function open(name: string, key: Uint8Array, value: Uint8Array): Held | StorageFailure {
  const content = openRecord(key, value);
  if (content === null) {
    return new StorageFailure('CORRUPT', `the record of ${name} does not match its checksum`);
  }

  try {
    return holdBytes(name, content);
  } catch (error) {
    return new StorageFailure('CORRUPT', `the record of ${name} cannot be decoded`, {cause: error});
  }
}
