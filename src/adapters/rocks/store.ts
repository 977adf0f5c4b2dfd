/**
 * One store that is open: the database with its log, mark and ring, and the number of the last
 * commit.
 *
 * Invariants:
 *   1. A store that lacks synced commits takes no further one: it can be read, for salvage, and
 *      stays suspect however often it is opened.
 *   2. A commit that failed for another reason than a full disk ends all commits: the engine is
 *      read-only then, and after a failed sync nothing says what of the log is on the disk.
 *   3. A commit number is never used twice: a failed commit may have reached the log all the same.
 *   4. The clean mark is gone from the disk before an open is reported.
 *   5. What the engine's replay may have left out of a log is kept until an open finds nothing
 *      missing.
 */
import {StorageFailure} from '../../ports/storage.js';
import type {OpenReport, WriteOperation} from '../../ports/storage.js';
import {cleanMark} from './clean-mark.js';
import {CommitMark} from './commit-mark.js';
import type {MarkState} from './commit-mark.js';
import {CommitRing} from './commit-ring.js';
import {Database} from './database.js';
import {failureOf} from './failure.js';
import {prepareFiles} from './files.js';
import {dropLogs, keepLogs} from './kept-logs.js';
import type {StorageFiles} from './files.js';
import {LogSync} from './log-sync.js';

const CLEAN_KEY = Buffer.from('\0clean');
const NOTHING = Buffer.alloc(0);

type Parts = {
  readonly files: StorageFiles;
  readonly database: Database;
  readonly log: LogSync;
  readonly mark: CommitMark;
  readonly ring: CommitRing;
};

export class Store {
  readonly database: Database;
  readonly log: LogSync;
  readonly #files: StorageFiles;
  readonly #mark: CommitMark;
  readonly #ring: CommitRing;
  #commitNumber: number;
  /** Why no commit is taken any more. */
  #refusal: StorageFailure | null = null;

  private constructor({files, database, log, mark, ring}: Parts) {
    this.database = database;
    this.log = log;
    this.#files = files;
    this.#mark = mark;
    this.#ring = ring;
    this.#commitNumber = ring.last;
  }

  static async open(
    folder: string,
    writeBufferBytes: number,
  ): Promise<{store: Store; report: OpenReport}> {
    const files = await prepareFiles(folder);
    const create = files.fresh;
    if (!create) {
      keepLogs(folder, files.database);
    }

    const database = await Database.open(files.database, {create, writeBufferBytes});
    const log = new LogSync(database, files.database);
    const mark = new CommitMark(files.mark);
    try {
      const ring = await CommitRing.read(database);
      const store = new Store({files, database, log, mark, ring});
      const report = await store.#examine();
      if (report.suspect === null) {
        dropLogs(folder);
      }

      return {store, report};
    } catch (cause) {
      await release({database, log, mark});
      throw cause;
    }
  }

  /** One at a time. */
  async commit(operations: readonly WriteOperation[], sync: boolean): Promise<void> {
    if (this.#refusal !== null) {
      throw this.#refusal;
    }

    const number = ++this.#commitNumber;
    const batch = [...operations, ...this.#ring.notes(number)];
    try {
      await this.database.write(batch);
      await this.#ring.wrote(number);
    } catch (cause) {
      this.log.forget();
      throw this.#refuseAfter(cause, {unlessFull: true});
    }

    try {
      this.log.wrote(payloadBytes(batch));
      if (sync) {
        await this.log.sync();
        this.#mark.follow(number, cause => this.#refuseAfter(cause));
      }
    } catch (cause) {
      // Not FULL, whatever the disk says: that would be waited for, and this store never goes on.
      const {message} = failureOf(cause);
      throw this.#refuseAfter(
        new StorageFailure('IO', `the log was not synced: ${message}`, {cause}),
      );
    }
  }

  /** No commit may be under way. Releases everything, also when it cannot mark the store clean. */
  async close(): Promise<void> {
    try {
      const value = this.#cleanMarkAt(this.#commitNumber + 1);
      await this.commit([{key: CLEAN_KEY, value}], true);
      await this.#mark.sync();
    } finally {
      await release({database: this.database, log: this.log, mark: this.#mark});
    }
  }

  /** Takes no commit any more. */
  refuse(failure: StorageFailure): void {
    this.#refusal ??= failure;
  }

  /** Releases everything and leaves the store as it is. No commit may be under way. */
  async abandon(): Promise<void> {
    await release({database: this.database, log: this.log, mark: this.#mark});
  }

  async #examine(): Promise<OpenReport> {
    const [clean] = await this.database.read([CLEAN_KEY]);
    if (clean instanceof StorageFailure) {
      throw clean;
    }

    // Read only now that the database is locked: no other process moves the mark any more.
    const suspect = suspicion(this.#ring, this.#mark.open());
    if (suspect !== null) {
      this.#refusal = new StorageFailure('CORRUPT', suspect);
      return {fresh: false, clean: false, suspect, salvaged: null};
    }

    const {fresh} = this.#files;
    const expected = this.#cleanMarkAt(this.#commitNumber);
    const isClean = fresh || Buffer.compare(clean ?? NOTHING, expected) === 0;
    // From here on a crash is unclean, which has to be on the disk before anyone relies on it.
    await this.commit([{key: CLEAN_KEY, value: null}], true);
    return {fresh, clean: isClean, suspect: null, salvaged: null};
  }

  #cleanMarkAt(commit: number): Uint8Array {
    return cleanMark(commit, [this.#files.database, this.#files.mark]);
  }

  #refuseAfter(cause: unknown, {unlessFull = false} = {}): StorageFailure {
    const failure = failureOf(cause);
    if (!(unlessFull && failure.code === 'FULL')) {
      this.#refusal ??= failure;
    }
    return failure;
  }
}

/** Waits for all that is under way. */
async function release({log, mark, database}: Pick<Parts, 'log' | 'mark' | 'database'>) {
  log.forget();
  await mark.close();
  await database.close();
}

/** What is wrong between the database and its mark, for people; null if nothing is. */
function suspicion({last, missing}: CommitRing, marked: MarkState): string | null {
  if (typeof marked !== 'number') {
    return `the commit mark is ${marked}, so that nothing says whether commit ${last} is the last`;
  }
  if (last < marked) {
    return `commit ${marked} was synced, but the database ends at commit ${last}`;
  }
  return missing === null ? null : `commit ${missing} is missing, though commit ${last} is there`;
}

function payloadBytes(operations: readonly WriteOperation[]): number {
  let sum = 0;
  for (const {key, value} of operations) {
    sum += key.length + (value?.length ?? 0);
  }
  return sum;
}
