/**
 * A simulated disk. It outlives the hosts that use it: each start of a host makes a new storage on
 * it.
 *
 * Invariants:
 *   1. After a crash a prefix of all commits is there, and in it everything that was synced.
 *   2. No callback of a storage that was made before a crash runs after it.
 */
import type {Clock} from '../ports/clock.js';
import type {Entry, Storage, StorageFailureCode} from '../ports/storage.js';
import {DiskState} from './disk-state.js';
import {DiskStorage} from './disk-storage.js';
import {Platter} from './platter.js';
import type {SimRandom} from './random.js';

export class SimDisk {
  readonly #state = new DiskState();
  readonly #random: SimRandom;
  /** What rot has touched, and what it left there. */
  readonly #rotten = new Map<Uint8Array, Uint8Array>();

  /** `random` decides what a crash loses. */
  constructor(random: SimRandom) {
    this.#random = random;
  }

  /** A storage on this disk, to be opened by its user. `random` decides how long things take. */
  storage(clock: Clock, random: SimRandom): Storage {
    return new DiskStorage(this.#state, clock, random);
  }

  /**
   * The host dies. With `loseUnsynced` its power went too, and with that some of the last unsynced
   * commits.
   */
  crash({loseUnsynced}: {readonly loseUnsynced: boolean}): void {
    const {platter} = this.#state;
    this.#state.endLife();
    if (loseUnsynced) {
      platter.takeBack(this.#random.below(platter.unsynced + 1));
    }
  }

  /** The disk was replaced by an empty one. Storages on it die. */
  wipe(): void {
    this.#state.endLife();
    this.#state.platter = new Platter();
    this.#state.fresh = true;
    this.#state.clean = true;
    this.#state.suspect = null;
    this.#state.condemned = null;
  }

  /** Another disk with the same contents. */
  copy(): SimDisk {
    const copy = new SimDisk(this.#random);
    copy.#state.platter = this.#state.platter.copy();
    copy.#state.fresh = this.#state.fresh;
    copy.#state.clean = this.#state.fresh;
    copy.#state.suspect = this.#state.suspect;
    copy.#state.condemned = this.#state.condemned;
    return copy;
  }

  /**
   * The disk loses up to `count` of the last commits that it had promised to keep. Storages on it
   * die.
   */
  loseSynced(count: number): void {
    const {platter} = this.#state;
    this.#state.endLife();
    const lost = Math.min(count, platter.synced);
    platter.takeBack(platter.unsynced + lost);
    if (lost > 0) {
      this.#state.suspect = `${lost} synced commits are gone`;
    }
  }

  /** A bit turns in each of up to `count` entries. Tells their keys. Storages on it live on. */
  rot(count: number, which: (key: Uint8Array) => boolean = () => true): Uint8Array[] {
    const {platter} = this.#state;
    const entries = platter.entries().filter(({key}) => which(key));
    const rotten = new Set<Uint8Array>();
    for (let turn = 0; turn < count && entries.length > 0; turn++) {
      const {key, value} = entries[this.#random.below(entries.length)]!;
      if (value.length > 0 && platter.rot(key, this.#random.below(value.length * 8))) {
        rotten.add(key);
        this.#rotten.set(key, platter.get(key) ?? new Uint8Array());
      }
    }
    return [...rotten];
  }

  /** Some entry is still as rot left it. */
  get isRotten(): boolean {
    const {platter} = this.#state;
    return [...this.#rotten].some(([key, value]) => {
      const now = platter.get(key);
      return now !== null && Buffer.compare(now, value) === 0;
    });
  }

  /** What whoever opens the disk now would find. For checkers, too. */
  entries(): Entry[] {
    return this.#state.platter.entries();
  }

  get(key: Uint8Array): Uint8Array | null {
    return this.#state.platter.get(key);
  }

  /** What a power cut at this moment could not take. For checkers: it takes no time. */
  durable(): Entry[] {
    return this.#state.platter.durable();
  }

  durableGet(key: Uint8Array): Uint8Array | null {
    return this.#state.platter.durableGet(key);
  }

  /** The worst that a power cut can do, to a disk that nobody uses. */
  loseUnsynced(): void {
    const {platter} = this.#state;
    platter.takeBack(platter.unsynced);
  }

  /** As an operating system does now and then, of its own accord. */
  sync(): void {
    this.#state.platter.sync();
  }

  /** The next commit fails. `applied` tells whether it took effect all the same. */
  failNextCommit(code: StorageFailureCode, {applied}: {readonly applied: boolean}): void {
    this.#state.commitFault = {code, applied};
  }

  /** Every commit fails, and none takes effect, until `makeRoom`. */
  fill(): void {
    this.#state.full = true;
  }

  makeRoom(): void {
    this.#state.full = false;
  }

  /** The next read or scan fails. */
  failNextRead(code: StorageFailureCode): void {
    this.#state.nextReadFault = code;
  }

  /** Every read and scan fails until this is called with null. */
  failReads(code: StorageFailureCode | null): void {
    this.#state.readFault = code;
  }

  /** No fault is in force, nor waits to be met. What has happened has happened. */
  heal(): void {
    this.#state.commitFault = null;
    this.#state.nextReadFault = null;
    this.makeRoom();
    this.failReads(null);
    this.release();
  }

  /** Nothing ends any more until `release`. */
  hold(): void {
    this.#state.held = true;
  }

  release(): void {
    this.#state.held = false;
    this.#state.thaw();
  }
}
