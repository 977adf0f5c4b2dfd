/**
 * Storage over RocksDB, for one host.
 *
 *   <folder>/db        the database
 *   <folder>/commits   the commit mark: the number of the last synced commit
 *
 * Every commit carries the next commit number under a reserved key. `open` compares the number that the
 * database shows with the mark's: a lower one means that synced commits are gone. Such a store can be read,
 * for salvage, and refuses every commit, so that it stays suspect however often it is opened.
 *
 * A commit that failed for another reason than a full disk ends all commits: the engine is read-only then,
 * and after a failed sync nothing says what of the log is on the disk. A commit number is never used twice,
 * since a failed commit may have reached the log all the same.
 *
 * Values that are returned may be views of memory that the engine allocated for them alone.
 */
import {assertKey, StorageFailure} from '../ports/storage.js';
import type {Entry, OpenReport, Storage, WriteOperation} from '../ports/storage.js';
import {cleanMark} from './rocks/clean-mark.js';
import {CommitMark} from './rocks/commit-mark.js';
import type {MarkState} from './rocks/commit-mark.js';
import {Database} from './rocks/database.js';
import {failureOf} from './rocks/failure.js';
import {prepareFiles} from './rocks/files.js';
import type {StorageFiles} from './rocks/files.js';
import {LogSync} from './rocks/log-sync.js';

const COMMIT_KEY = Buffer.from('\0commit');
const CLEAN_KEY = Buffer.from('\0clean');
const FIRST_KEY = Buffer.from([1]);
const NOTHING = Buffer.alloc(0);

export type RocksOptions = {
  /** Size of one of the two memtables. Larger: fewer, larger tables; more memory and a longer replay. */
  readonly writeBufferBytes?: number;
};

const DEFAULT_WRITE_BUFFER_BYTES = 32 * 1024 * 1024;

type Opened = {
  readonly files: StorageFiles;
  readonly database: Database;
  readonly log: LogSync;
  readonly mark: CommitMark;
};

export class RocksStorage implements Storage {
  readonly #folder: string;
  readonly #writeBufferBytes: number;
  #opening: Promise<OpenReport> | null = null;
  #closing: Promise<void> | null = null;
  /** Null before `open` reported success and from `close` on. */
  #store: Opened | null = null;
  #commit: Promise<void> | null = null;
  #commitNumber = 0;
  /** Why no commit is taken any more. */
  #refusal: StorageFailure | null = null;

  constructor(folder: string, options: RocksOptions = {}) {
    this.#folder = folder;
    this.#writeBufferBytes = options.writeBufferBytes ?? DEFAULT_WRITE_BUFFER_BYTES;
  }

  /** How often the log was synced, and how often that met a log which was new to it. */
  get counters(): {readonly syncs: number; readonly rotations: number} {
    const {syncs = 0, rotations = 0} = this.#store?.log ?? {};
    return {syncs, rotations};
  }

  open(done: (error: StorageFailure | null, report: OpenReport | null) => void): void {
    if (this.#opening !== null) {
      throw new TypeError('a storage is opened once; make a new one to open the folder again');
    }

    this.#opening = this.#open();
    this.#opening.then(
      report => done(null, report),
      (cause: unknown) => done(failureOf(cause), null),
    );
  }

  commit(
    operations: readonly WriteOperation[],
    {sync}: {readonly sync: boolean},
    done: (error: StorageFailure | null) => void,
  ): void {
    if (this.#commit !== null) {
      throw new TypeError('a commit is under way; gather operations until it has ended');
    }
    for (const {key} of operations) {
      assertKey(key);
    }

    const store = this.#store;
    const commit = store === null ? Promise.reject(closed()) : this.#write(store, operations, sync);
    this.#commit = commit;
    commit.then(
      () => {
        this.#commit = null;
        done(null);
      },
      (cause: unknown) => {
        this.#commit = null;
        done(failureOf(cause));
      },
    );
  }

  read(
    keys: readonly Uint8Array[],
    done: (answers: ReadonlyArray<Uint8Array | null | StorageFailure>) => void,
  ): void {
    keys.forEach(assertKey);
    const answers = this.#store?.database.read(keys) ?? Promise.resolve(keys.map(closed));
    answers.then(done, (cause: unknown) => done(keys.map(() => failureOf(cause))));
  }

  scan(
    {from, to, limit}: {readonly from: Uint8Array; readonly to: Uint8Array; readonly limit: number},
    done: (error: StorageFailure | null, entries: readonly Entry[]) => void,
  ): void {
    // To the engine an empty bound is none; to this port it is the lowest of all keys.
    const first = Buffer.compare(from, FIRST_KEY) < 0 ? FIRST_KEY : from;
    const nothing = limit <= 0 || Buffer.compare(first, to) >= 0;
    const entries =
      this.#store === null
        ? Promise.reject(closed())
        : nothing
          ? Promise.resolve([])
          : this.#store.database.scan(first, to, limit);
    entries.then(
      found => done(null, found),
      (cause: unknown) => done(failureOf(cause), []),
    );
  }

  close(done: (error: StorageFailure | null) => void): void {
    this.#closing ??= this.#close();
    this.#closing.then(
      () => done(null),
      (cause: unknown) => done(failureOf(cause)),
    );
  }

  async #open(): Promise<OpenReport> {
    const files = await prepareFiles(this.#folder);
    const database = await Database.open(files.database, {
      create: files.fresh,
      writeBufferBytes: this.#writeBufferBytes,
    });
    const store = {
      files,
      database,
      log: new LogSync(database, files.database),
      mark: new CommitMark(files.mark),
    };
    try {
      const report = await this.#examine(store);
      this.#store = store;
      return report;
    } catch (cause) {
      await release(store);
      throw cause;
    }
  }

  async #examine(store: Opened): Promise<OpenReport> {
    const {files, database, mark} = store;
    const [commit, clean] = await database.read([COMMIT_KEY, CLEAN_KEY]);
    if (commit instanceof StorageFailure) {
      throw commit;
    }
    if (clean instanceof StorageFailure) {
      throw clean;
    }

    this.#commitNumber = commit === undefined || commit === null ? 0 : commitNumberIn(commit);
    // Read only now that the database is locked: no other process moves the mark any more.
    const suspect = suspicion(this.#commitNumber, mark.open());
    if (suspect !== null) {
      this.#refusal = new StorageFailure('CORRUPT', suspect);
      return {fresh: false, clean: false, suspect};
    }

    const expected = cleanMark(this.#commitNumber, [files.database, files.mark]);
    const isClean = files.fresh || Buffer.compare(clean ?? NOTHING, expected) === 0;
    // From here on a crash is unclean, which has to be on the disk before anyone relies on it.
    await this.#write(store, [{key: CLEAN_KEY, value: null}], true);
    return {fresh: files.fresh, clean: isClean, suspect: null};
  }

  async #write(store: Opened, operations: readonly WriteOperation[], sync: boolean): Promise<void> {
    if (this.#refusal !== null) {
      throw this.#refusal;
    }

    const number = ++this.#commitNumber;
    const batch = [...operations, {key: COMMIT_KEY, value: commitValue(number)}];
    try {
      await store.database.write(batch);
    } catch (cause) {
      store.log.forget();
      throw this.#refuseAfter(cause, {unlessFull: true});
    }

    try {
      store.log.wrote(payloadBytes(batch));
      if (sync) {
        await store.log.sync();
        store.mark.write(number);
        store.mark.syncAtLeisure(cause => this.#refuseAfter(cause));
      }
    } catch (cause) {
      throw this.#refuseAfter(cause);
    }
  }

  #refuseAfter(cause: unknown, {unlessFull = false} = {}): StorageFailure {
    const failure = failureOf(cause);
    if (!(unlessFull && failure.code === 'FULL')) {
      this.#refusal ??= failure;
    }
    return failure;
  }

  async #close(): Promise<void> {
    await this.#opening?.catch(() => {});
    const store = this.#store;
    this.#store = null;
    await this.#commit?.catch(() => {});
    if (store === null) {
      return;
    }

    try {
      const {files, mark} = store;
      const value = cleanMark(this.#commitNumber + 1, [files.database, files.mark]);
      await this.#write(store, [{key: CLEAN_KEY, value}], true);
      await mark.sync();
    } finally {
      await release(store);
    }
  }
}

/** Waits for all that is under way. */
async function release({log, mark, database}: Opened): Promise<void> {
  log.forget();
  await mark.close();
  await database.close();
}

/** What is wrong between the database and its mark, for people; null if nothing is. */
function suspicion(commit: number, marked: MarkState): string | null {
  if (typeof marked !== 'number') {
    return `the commit mark is ${marked}, so that nothing says whether commit ${commit} is the last`;
  }
  return commit < marked
    ? `commit ${marked} was synced, but the database ends at commit ${commit}`
    : null;
}

function commitNumberIn(value: Uint8Array): number {
  return Number(Buffer.from(value).readBigUInt64BE());
}

function commitValue(number: number): Buffer {
  const bytes = Buffer.allocUnsafe(8);
  bytes.writeBigUInt64BE(BigInt(number));
  return bytes;
}

function payloadBytes(operations: readonly WriteOperation[]): number {
  let sum = 0;
  for (const {key, value} of operations) {
    sum += key.length + (value?.length ?? 0);
  }
  return sum;
}

function closed(): StorageFailure {
  return new StorageFailure('CLOSED', 'the storage is not open');
}
