/**
 * Storage over a simulated disk, for the time between one opening and the next crash or close.
 *
 * Everything takes a while and ends through the clock. A commit is applied when its write has ended
 * and is durable when a sync has ended; a crash in between finds it applied and unsynced.
 */
import {assertKey, StorageFailure} from '../ports/storage.js';
import type {Clock} from '../ports/clock.js';
import type {Entry, OpenReport, Salvager, Storage, WriteOperation} from '../ports/storage.js';
import type {DiskState} from './disk-state.js';
import {Platter} from './platter.js';
import type {SimRandom} from './random.js';

type Range = {low: number; high: number};
/** Milliseconds, as measured on a small machine, with more spread. */
const OPEN: Range = {low: 5, high: 50};
const WRITE: Range = {low: 0.05, high: 0.3};
const SYNC: Range = {low: 0.2, high: 2};
const READ: Range = {low: 0.05, high: 0.5};
/** Now and then a disk is busy with something else. */
const STALL_CHANCE = 0.01;
const STALL: Range = {low: 5, high: 50};

type Phase = 'new' | 'opening' | 'open' | 'damaged' | 'closing' | 'closed';

export class DiskStorage implements Storage {
  readonly #disk: DiskState;
  readonly #clock: Clock;
  readonly #random: SimRandom;
  readonly #life: number;
  #phase: Phase = 'new';
  #commits = 0;
  #underWay = 0;
  /** Why no commit is taken any more. */
  #refusal: StorageFailure | null = null;
  #closed: StorageFailure | null = null;
  #closers: Array<(error: StorageFailure | null) => void> = [];

  constructor(disk: DiskState, clock: Clock, random: SimRandom) {
    this.#disk = disk;
    this.#clock = clock;
    this.#random = random;
    this.#life = disk.life;
  }

  open(done: (error: StorageFailure | null, report: OpenReport | null) => void): void {
    if (this.#phase !== 'new') {
      throw new TypeError('a storage is opened once; make a new one to open the disk again');
    }

    this.#phase = 'opening';
    this.#start(OPEN, () => {
      if (this.#disk.owner !== null) {
        this.#phase = 'closed';
        done(new StorageFailure('LOCKED', 'another storage has this disk open'), null);
      } else if (this.#disk.condemned !== null) {
        this.#phase = 'damaged';
        const why = `the store was found damaged: ${this.#disk.condemned}`;
        done(new StorageFailure('CORRUPT', why), null);
      } else {
        this.#phase = 'open';
        done(null, this.#take());
      }
    });
  }

  commit(
    operations: readonly WriteOperation[],
    {sync}: {readonly sync: boolean},
    done: (error: StorageFailure | null) => void,
  ): void {
    if (this.#commits > 0) {
      throw new TypeError('a commit is under way; gather operations until it has ended');
    }
    for (const {key} of operations) {
      assertKey(key);
    }

    this.#commits++;
    const finish = (error: StorageFailure | null) => {
      this.#commits--;
      done(error);
    };
    const refusal = this.#phase === 'open' ? this.#refusal : closed();
    this.#start(WRITE, () => {
      const error = refusal ?? this.#write(operations);
      if (error !== null || !sync) {
        finish(error);
      } else {
        this.#start(SYNC, () => {
          this.#disk.platter.sync();
          finish(null);
        });
      }
    });
  }

  read(
    keys: readonly Uint8Array[],
    done: (answers: ReadonlyArray<Uint8Array | null | StorageFailure>) => void,
  ): void {
    keys.forEach(assertKey);
    const isOpen = this.#phase === 'open';
    this.#start(READ, () => {
      const failure = isOpen ? this.#disk.takeReadFailure() : closed();
      done(keys.map(key => failure ?? this.#disk.platter.get(key)));
    });
  }

  scan(
    {from, to, limit}: {readonly from: Uint8Array; readonly to: Uint8Array; readonly limit: number},
    done: (error: StorageFailure | null, entries: readonly Entry[]) => void,
  ): void {
    const isOpen = this.#phase === 'open';
    this.#start(READ, () => {
      const failure = isOpen ? this.#disk.takeReadFailure() : closed();
      done(failure, failure === null ? this.#disk.platter.scan(from, to, limit) : []);
    });
  }

  condemn(why: string, done: (error: StorageFailure | null) => void): void {
    this.#refusal ??= new StorageFailure('CORRUPT', why);
    this.#disk.condemned ??= why;
    this.#start(SYNC, () => done(null));
  }

  salvage(
    why: string,
    salvager: Salvager,
    done: (error: StorageFailure | null, report: OpenReport | null) => void,
  ): void {
    if ((this.#phase !== 'open' && this.#phase !== 'damaged') || this.#commits > 0) {
      throw new TypeError('a storage is salvaged after its open, while no commit is under way');
    }

    this.#phase = 'damaged';
    this.#disk.condemned ??= why;
    // A crash before the end of it finds the disk as it was.
    this.#start(OPEN, () => done(null, this.#salvage(salvager)));
  }

  close(done: (error: StorageFailure | null) => void): void {
    if (this.#phase === 'closed') {
      this.#start(READ, () => done(this.#closed));
      return;
    }

    this.#closers.push(done);
    if (this.#phase === 'new' || this.#phase === 'damaged') {
      this.#phase = 'closing';
      this.#start(READ, () => {});
    } else if (this.#phase === 'open') {
      this.#phase = 'closing';
      this.#start(SYNC, () => {});
    }
  }

  /** The disk is this storage's from here on, and everything that it holds is durable. */
  #take(): OpenReport {
    const {fresh, clean, suspect, platter} = this.#disk;
    this.#disk.owner = this;
    if (suspect === null) {
      this.#disk.fresh = false;
      this.#disk.clean = false;
      platter.sync();
    } else {
      this.#refusal = new StorageFailure('CORRUPT', suspect);
    }
    return {fresh, clean: clean && suspect === null, suspect, salvaged: null};
  }

  #salvage(salvager: Salvager): OpenReport {
    const entries = this.#disk.platter.entries().toSorted((a, b) => Buffer.compare(a.key, b.key));
    const whole = entries.filter(({key, value}) => salvager.isWhole(key, value));
    const kept = whole.filter(entry => salvager.keep(entry));
    const bytes = kept.reduce((sum, {key, value}) => sum + key.length + value.length, 0);
    salvager.progress(kept.length, bytes);
    const platter = new Platter();
    platter.apply([...kept, ...salvager.finish()]);
    const why = this.#disk.condemned ?? '';
    const damagedPlaces = entries.length - whole.length;
    this.#disk.platter = platter;
    this.#disk.suspect = null;
    this.#disk.condemned = null;
    this.#refusal = null;
    this.#phase = 'open';
    const salvaged = {why, records: kept.length, bytes, damagedPlaces, keptAt: ''};
    return {...this.#take(), fresh: false, clean: false, salvaged};
  }

  #write(operations: readonly WriteOperation[]): StorageFailure | null {
    const fault = this.#disk.takeCommitFault();
    if (fault === null || fault.applied) {
      this.#disk.platter.apply(operations);
    }
    if (fault === null) {
      return null;
    }

    const failure = new StorageFailure(fault.code, 'the simulated disk refused a commit');
    if (fault.code !== 'FULL') {
      this.#refusal = failure;
    }
    return failure;
  }

  /**
   * Work that a crash ends without a word, that a held disk freezes, and that `close` waits for.
   */
  #start(takes: Range, end: () => void): void {
    const stallMs = this.#random.chance(STALL_CHANCE) ? this.#between(STALL) : 0;
    this.#underWay++;
    const run = () => {
      if (this.#life === this.#disk.life) {
        this.#underWay--;
        end();
        this.#finishClose();
      }
    };
    this.#clock.setTimeout(
      () => this.#disk.whenNotHeld(this.#clock, run),
      this.#between(takes) + stallMs,
    );
  }

  #between({low, high}: Range): number {
    return this.#random.between(low, high);
  }

  #finishClose(): void {
    if (this.#closers.length === 0 || this.#underWay > 0) {
      return;
    }
    if (this.#phase === 'open') {
      // Asked to close while it was opening.
      this.#phase = 'closing';
      this.#start(SYNC, () => {});
      return;
    }

    this.#phase = 'closed';
    if (this.#disk.owner === this) {
      this.#disk.owner = null;
      this.#closed = this.#refusal;
      if (this.#refusal === null) {
        this.#disk.platter.sync();
        this.#disk.clean = true;
      }
    }
    const closers = this.#closers;
    this.#closers = [];
    for (const done of closers) {
      done(this.#closed);
    }
  }
}

function closed(): StorageFailure {
  return new StorageFailure('CLOSED', 'the storage is not open');
}
