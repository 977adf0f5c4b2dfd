/**
 * One host's durable, ordered key-value store. Keys and values are bytes; keys order bytewise. A
 * key has at least one byte and the first is not zero: those keys are the adapters' own.
 *
 * Guarantees (each has a test in the contract suite that every adapter passes):
 *   1. A commit is atomic: after any crash all of its operations are there, or none.
 *   2. Commits take effect in call order; a crash keeps a prefix of them.
 *   3. `commit` with `sync` reports success only when that commit and all before it survive a power
 *      cut.
 *   4. `read` and `scan` see every commit that was reported before they were called.
 *   5. `open` says `suspect` when commits that were reported as synced are missing, but for the
 *      last few before a crash.
 *   6. `open` says `clean` only when the last user called `close`, it succeeded, and the files are
 *      the same files (not a copy, not a restored backup).
 *   7. A damaged record is an error, never an absence.
 *   8. Once `condemn` has reported success, every `open` fails with CORRUPT until a `salvage` has
 *      ended.
 *   9. `salvage` keeps, of each key, the newest version that is whole. A crash amid it loses
 *      nothing: the next `open` fails with CORRUPT, and what was damaged can be salvaged again.
 *
 * Every call ends by its callback, exactly once, never before the call has returned. Callers keep
 * at most one `commit` under way. The caller gives its bytes away: it must not change them until
 * the callback.
 */
export interface Storage {
  open(done: (error: StorageFailure | null, report: OpenReport | null) => void): void;
  commit(
    operations: readonly WriteOperation[],
    options: {readonly sync: boolean},
    done: (error: StorageFailure | null) => void,
  ): void;
  /** One answer a key, in order: bytes, null (absent), or the failure to read that key. */
  read(
    keys: readonly Uint8Array[],
    done: (answers: ReadonlyArray<Uint8Array | null | StorageFailure>) => void,
  ): void;
  /** Entries with `from <= key < to`, ascending, at most `limit`. */
  scan(
    range: {readonly from: Uint8Array; readonly to: Uint8Array; readonly limit: number},
    done: (error: StorageFailure | null, entries: readonly Entry[]) => void,
  ): void;
  /** Notes durably that something on disk is damaged. No commit is taken any more. */
  condemn(why: string, done: (error: StorageFailure | null) => void): void;
  /**
   * Puts a new store in the place of a damaged one, with all that can be read of it, and opens it.
   * For a store whose `open` has ended, well or badly, while no commit is under way. The damaged
   * one is kept aside, where there is a place for it. `why` is for people.
   */
  salvage(
    why: string,
    salvager: Salvager,
    done: (error: StorageFailure | null, report: OpenReport | null) => void,
  ): void;
  /** Waits for what is under way, makes everything durable, and marks the store clean. */
  close(done: (error: StorageFailure | null) => void): void;
}

export type WriteOperation = {
  readonly key: Uint8Array;
  /** null deletes the key. */
  readonly value: Uint8Array | null;
};

export type Entry = {readonly key: Uint8Array; readonly value: Uint8Array};

export type OpenReport = {
  /** Nothing was there: the store was created by this call. */
  readonly fresh: boolean;
  /** Guarantee 6. A fresh store is clean. */
  readonly clean: boolean;
  /** Guarantee 5. Says what was found, for people; null when all is there. */
  readonly suspect: string | null;
  /** Not null when `salvage` has made this store. It is neither fresh nor clean then. */
  readonly salvaged: SalvageReport | null;
};

/** Decides what of a damaged store goes into the new one. */
export type Salvager = {
  /** Whether the bytes are a record, and all of it. Asked of every version that is found. */
  readonly isWhole: (key: Uint8Array, value: Uint8Array) => boolean;
  /** Whether it goes into the new store. Asked once a key, ascending. */
  readonly keep: (entry: Entry) => boolean;
  /** What goes there besides, in the last commit. */
  readonly finish: () => readonly WriteOperation[];
  /** What went there so far. Told now and then. */
  readonly progress: (records: number, bytes: number) => void;
};

export type SalvageReport = {
  readonly why: string;
  /** What was kept of the damaged store. */
  readonly records: number;
  readonly bytes: number;
  /** Places where something had been that could not be read. What it was cannot be told. */
  readonly damagedPlaces: number;
  /** Where the damaged store lies now, for people; '' when it was not kept. */
  readonly keptAt: string;
};

/** Why the store could not do something. `code` is for programs, `message` for people. */
export type StorageFailureCode =
  /** Something on disk is damaged. Nothing may be trusted until it was salvaged. */
  | 'CORRUPT'
  /** Another process has the store open. */
  | 'LOCKED'
  /** No space left. */
  | 'FULL'
  /** Any other refusal of the disk or the engine. */
  | 'IO'
  /** The engine itself could not be loaded. */
  | 'CANNOT_LOAD'
  /** Called before `open` or after `close`. */
  | 'CLOSED';

export class StorageFailure extends Error {
  override readonly name = 'StorageFailure';

  constructor(
    readonly code: StorageFailureCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** Throws `TypeError` for a key that no caller may use: a bug, not a failure of the disk. */
export function assertKey(key: Uint8Array): void {
  if (key.length === 0 || key[0] === 0) {
    throw new TypeError('a key must not be empty, and must not start with a zero byte');
  }
}
