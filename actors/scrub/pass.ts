/**
 * Where a scrub is: the pass over all records that is under way, the last one that was completed,
 * and how fast it goes.
 *
 * Invariants:
 *   1. A pass reads each record that is there all the time once, in the order of keys.
 *   2. It reads no more than `bytesPerSecondMax` on the average, and when the last pass has told
 *      how much there is, only as much as makes the next one last about `passMs`; but not so little
 *      that a store which has grown would wait for ever.
 *   3. A pass that ended early is followed by a rest until its time is over, of an hour at most.
 */
import type {Entry} from '../../src/ports/storage.js';

export type ScrubOptions = {
  readonly passMs: number;
  readonly bytesPerSecondMax: number;
};

type Tally = {readonly records: number; readonly bytes: number};

export type ScrubStatus = {
  /** null: it rests between two passes. */
  readonly pass: Tally & {readonly startedAt: string | null};
  readonly lastPass: (Tally & {readonly endedAt: string; readonly tookMs: number}) | null;
  /** Why the last read failed; '' when it did not. */
  readonly problem: string;
};

const CHUNK_BYTES = 256 * 1024;
const CHUNK_RECORDS_MAX = 256;
/** While it is not known how large records are. */
const CHUNK_RECORDS_FIRST = 16;
const PAUSE_MS_MIN = 250;
const REST_MS_MAX = 3_600_000;
/** The share of `bytesPerSecondMax` that is read at least. */
const LEAST_SHARE = 1 / 16;
const FIRST = Buffer.of(1);
const END = Buffer.of(255);

export class Pass {
  problem = '';
  #from: Uint8Array = FIRST;
  #records = 0;
  #bytes = 0;
  #startedMs = 0;
  #startedWallMs = 0;
  #lastPass: ScrubStatus['lastPass'] = null;
  #chunkBytes = 0;
  #chunkRecords = CHUNK_RECORDS_FIRST;

  constructor(private readonly options: ScrubOptions) {}

  /** What is to be read next. */
  begin(nowMs: number, wallMs: number): {from: Uint8Array; to: Uint8Array; limit: number} {
    if (this.#records === 0) {
      this.#startedMs = nowMs;
      this.#startedWallMs = wallMs;
    }

    return {from: this.#from, to: END, limit: this.#chunkRecords};
  }

  /** How long to rest after what was read last. */
  get pauseMs(): number {
    const {passMs, bytesPerSecondMax} = this.options;
    if (this.#records === 0 && this.#lastPass !== null) {
      const restMs = Math.min(REST_MS_MAX, passMs - this.#lastPass.tookMs);
      return Math.max(PAUSE_MS_MIN, restMs);
    }

    const wanted = ((this.#lastPass?.bytes ?? Infinity) * 1_000) / passMs;
    const least = bytesPerSecondMax * LEAST_SHARE;
    const rate = Math.max(least, Math.min(bytesPerSecondMax, wanted));
    return Math.max(PAUSE_MS_MIN, (this.#chunkBytes * 1_000) / rate);
  }

  get status(): ScrubStatus {
    const startedAt = this.#records === 0 ? null : textOf(this.#startedWallMs);
    const pass = {startedAt, records: this.#records, bytes: this.#bytes};
    return {pass, lastPass: this.#lastPass, problem: this.problem};
  }

  /** The answer to what `begin` asked for. */
  read(entries: readonly Entry[], nowMs: number, wallMs: number): void {
    const limit = this.#chunkRecords;
    const last = entries.at(-1);
    this.problem = '';
    this.#chunkBytes = entries.reduce((sum, {key, value}) => sum + key.length + value.length, 0);
    this.#records += entries.length;
    this.#bytes += this.#chunkBytes;
    if (last !== undefined) {
      this.#from = Buffer.concat([last.key, Buffer.of(0)]);
      const records = Math.floor((CHUNK_BYTES * entries.length) / this.#chunkBytes);
      this.#chunkRecords = Math.max(1, Math.min(CHUNK_RECORDS_MAX, records));
    }

    if (entries.length < limit) {
      this.#end(nowMs, wallMs);
    }
  }

  #end(nowMs: number, wallMs: number): void {
    const tookMs = Math.round(nowMs - this.#startedMs);
    const endedAt = textOf(wallMs);
    this.#lastPass = {endedAt, tookMs, records: this.#records, bytes: this.#bytes};
    this.#from = FIRST;
    this.#records = 0;
    this.#bytes = 0;
  }
}

function textOf(wallMs: number): string {
  return new Date(wallMs).toISOString();
}
