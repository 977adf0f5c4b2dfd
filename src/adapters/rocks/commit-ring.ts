/**
 * The commit ring: each commit notes its own number in the database, in slot `number % SLOTS`.
 *
 * The engine replays its logs on open, and when an old one of several is gone or was cut at the end
 * of a record, it goes on with the next without a word: the last commit is there and some before it
 * are not. In the ring such a hole shows as slots that still hold older numbers.
 *
 * Invariants:
 *   1. Below the last number no slot is stale, unless commits are missing: a number whose commit
 *      failed is noted by the next commit that succeeds.
 *   2. Fewer commits than there are slots are in the logs alone, because the engine is made to
 *      write its tables out every half turn. A commit that can get lost is therefore still in the
 *      ring.
 */
import type {Entry, WriteOperation} from '../../ports/storage.js';
import type {Database} from './database.js';

type Tables = Pick<Database, 'scan' | 'flush'>;

export const SLOTS = 65_536;
const PREFIX = Buffer.from('\0n');
const END = Buffer.from('\0o');

export class CommitRing {
  /** The highest commit number in the database; 0 for none. */
  readonly last: number;
  /** The lowest number that is missing below `last`; null when none is. */
  readonly missing: number | null;
  readonly #database: Tables;
  #noted: number;
  /** No commit up to this one needs a log. */
  #inTables: number;
  #flushing: Promise<void> | null = null;

  private constructor(database: Tables, numbers: readonly number[]) {
    this.#database = database;
    this.last = numbers.reduce((high, number) => Math.max(high, number), 0);
    this.missing = firstMissing(numbers, this.last);
    this.#noted = this.last;
    // The engine has just replayed its logs into tables.
    this.#inTables = this.last;
  }

  static async read(database: Tables): Promise<CommitRing> {
    const slots = await database.scan(PREFIX, END, SLOTS);
    return new CommitRing(database, slots.map(numberIn));
  }

  /** What the commit with this number has to write along. */
  notes(number: number): WriteOperation[] {
    const notes: WriteOperation[] = [];
    for (let next = Math.max(this.#noted, number - SLOTS) + 1; next <= number; next++) {
      notes.push(note(next));
    }
    return notes;
  }

  /**
   * Must be told of every commit that was written. Ends at once unless the engine lags half a turn
   * behind.
   */
  async wrote(number: number): Promise<void> {
    this.#noted = number;
    if (number - this.#inTables < SLOTS / 2) {
      return;
    }

    this.#flushing ??= this.#flush(number);
    if (number - this.#inTables >= SLOTS - 1) {
      await this.#flushing;
    } else {
      // After a failure the next commit tries again, and the one at the end of the turn fails with
      // it.
      this.#flushing.catch(() => {});
    }
  }

  async #flush(number: number): Promise<void> {
    try {
      await this.#database.flush();
      this.#inTables = number;
    } finally {
      this.#flushing = null;
    }
  }
}

function note(number: number): WriteOperation {
  const bytes = Buffer.allocUnsafe(PREFIX.length + 2 + 8);
  PREFIX.copy(bytes);
  bytes.writeUInt16BE(number % SLOTS, PREFIX.length);
  bytes.writeBigUInt64BE(BigInt(number), PREFIX.length + 2);
  return {key: bytes.subarray(0, PREFIX.length + 2), value: bytes.subarray(PREFIX.length + 2)};
}

function numberIn({value}: Entry): number {
  return Number(Buffer.from(value).readBigUInt64BE());
}

function firstMissing(numbers: readonly number[], last: number): number | null {
  const present = new Set(numbers);
  for (let number = Math.max(1, last - SLOTS + 1); number < last; number++) {
    if (!present.has(number)) {
      return number;
    }
  }
  return null;
}
