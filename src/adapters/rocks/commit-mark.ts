/**
 * The commit mark: the number of the last synced commit, in a small file beside the database.
 *
 * The engine reopens without a word after its log lost a tail that was synced once. The number that
 * it then shows is lower than this file's, and that is how such a loss is noticed.
 *
 * Format: two slots of 32 bytes, written in turn, so that a torn write leaves the other one. A slot
 * is an 8-byte magic, the number (u64, big endian), 12 bytes of zero, and the CRC-32 of all before.
 *
 * Invariant: the number never exceeds that of a commit that is durable. It is therefore written
 * after the log was synced, and itself synced at leisure: an older number only notices less, after
 * a power cut.
 *
 * It follows the commits at a small distance, in the background: written in step with them, on the
 * event loop, it made up a tenth of a busy host's time, because the write waits for the journal
 * that the log's sync has just set in motion.
 */
import fs from 'node:fs';
import {promisify} from 'node:util';
import {crc32} from 'node:zlib';
import {systemCodeOf} from './failure.js';

const fdatasync = promisify(fs.fdatasync);
const write = promisify(fs.write);

const MAGIC = 'QUORMARK';
const SLOT_BYTES = 32;
const CHECKED_BYTES = SLOT_BYTES - 4;
const SYNC_INTERVAL_MS = 1000;
/** How far the file may lag behind the commits while the process lives. */
const WRITE_INTERVAL_MS = 10;

/** `short`: a creation that was cut. `garbled`: no slot is whole. */
export type MarkState = number | 'missing' | 'short' | 'garbled';

export function readMark(file: string): MarkState {
  let bytes: Buffer;
  try {
    bytes = fs.readFileSync(file);
  } catch (cause) {
    if (systemCodeOf(cause) === 'ENOENT') {
      return 'missing';
    }
    throw cause;
  }

  if (bytes.length < 2 * SLOT_BYTES) {
    return 'short';
  }
  const first = numberIn(bytes.subarray(0, SLOT_BYTES));
  const second = numberIn(bytes.subarray(SLOT_BYTES, 2 * SLOT_BYTES));
  return first === null && second === null ? 'garbled' : Math.max(first ?? 0, second ?? 0);
}

/**
 * Creates the file with number 0, durable but for its name. Fails when another process just did.
 */
export function createMark(file: string, found: MarkState): void {
  const fd = fs.openSync(file, found === 'missing' ? 'wx' : 'r+');
  try {
    fs.writeSync(fd, Buffer.concat([slot(0), slot(0)]), 0, 2 * SLOT_BYTES, 0);
    fs.fsyncSync(fd);
  } finally {
    fs.closeSync(fd);
  }
}

export class CommitMark {
  readonly #file: string;
  /** -1 while closed. */
  #fd = -1;
  readonly #buffer = slot(0);
  /** The last synced commit, and what of that the file says. */
  #noted = 0;
  #written = 0;
  #syncedAtMs = -Infinity;
  #timer: NodeJS.Timeout | null = null;
  /** The write or sync under way. */
  #working: Promise<void> = Promise.resolve();

  constructor(file: string) {
    this.#file = file;
  }

  /** Tells what is there. Nothing may be written unless that is a number. */
  open(): MarkState {
    const state = readMark(this.#file);
    if (typeof state === 'number') {
      this.#fd = fs.openSync(this.#file, 'r+');
    }
    return state;
  }

  /** A commit was synced: the file will say so soon. `failed` may be called at any later time. */
  follow(number: number, failed: (cause: unknown) => void): void {
    this.#noted = number;
    this.#timer ??= setTimeout(() => {
      this.#working = this.#catchUp().then(() => {
        this.#timer = null;
        if (this.#written < this.#noted) {
          this.follow(this.#noted, failed);
        }
      }, failed);
    }, WRITE_INTERVAL_MS);
  }

  /** Makes the file say what was noted, durably. */
  async sync(): Promise<void> {
    await this.#settle();
    await this.#write();
    await fdatasync(this.#fd);
  }

  async close(): Promise<void> {
    await this.#settle();
    if (this.#fd !== -1) {
      fs.closeSync(this.#fd);
      this.#fd = -1;
    }
  }

  async #settle(): Promise<void> {
    if (this.#timer !== null) {
      clearTimeout(this.#timer);
    }

    await this.#working.catch(() => {});
    if (this.#timer !== null) {
      clearTimeout(this.#timer);
      this.#timer = null;
    }
  }

  async #catchUp(): Promise<void> {
    await this.#write();
    const nowMs = performance.now();
    if (nowMs - this.#syncedAtMs >= SYNC_INTERVAL_MS) {
      this.#syncedAtMs = nowMs;
      await fdatasync(this.#fd);
    }
  }

  /** Survives the end of the process at once, and a power cut after a sync. */
  async #write(): Promise<void> {
    const number = this.#noted;
    if (number > this.#written) {
      stamp(this.#buffer, number);
      await write(this.#fd, this.#buffer, 0, SLOT_BYTES, (number % 2) * SLOT_BYTES);
      this.#written = number;
    }
  }
}

function slot(number: number): Buffer {
  const bytes = Buffer.alloc(SLOT_BYTES);
  bytes.write(MAGIC, 'latin1');
  stamp(bytes, number);
  return bytes;
}

function stamp(bytes: Buffer, number: number): void {
  bytes.writeBigUInt64BE(BigInt(number), MAGIC.length);
  bytes.writeUInt32BE(crc32(bytes.subarray(0, CHECKED_BYTES)), CHECKED_BYTES);
}

function numberIn(bytes: Buffer): number | null {
  const whole =
    bytes.toString('latin1', 0, MAGIC.length) === MAGIC &&
    bytes.readUInt32BE(CHECKED_BYTES) === crc32(bytes.subarray(0, CHECKED_BYTES));
  return whole ? Number(bytes.readBigUInt64BE(MAGIC.length)) : null;
}
