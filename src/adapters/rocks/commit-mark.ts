/**
 * The commit mark: the number of the last synced commit, in a small file beside the database.
 *
 * The engine reopens without a word after its log lost a tail that was synced once. The number that it then
 * shows is lower than this file's, and that is how such a loss is noticed.
 *
 * Format: two slots of 32 bytes, written in turn, so that a torn write leaves the other one. A slot is an
 * 8-byte magic, the number (u64, big endian), 12 bytes of zero, and the CRC-32 of all before.
 *
 * Invariant: the number never exceeds that of a commit that is durable. It is therefore written after the
 * log was synced, and itself synced at leisure: an older number only notices less, after a power cut.
 */
import fs from 'node:fs';
import {promisify} from 'node:util';
import {crc32} from 'node:zlib';
import {systemCodeOf} from './failure.js';

const fdatasync = promisify(fs.fdatasync);

const MAGIC = 'QUORMARK';
const SLOT_BYTES = 32;
const CHECKED_BYTES = SLOT_BYTES - 4;
const SYNC_INTERVAL_MS = 1000;

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

/** Creates the file with number 0, durable but for its name. Fails when another process just did. */
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
  #syncedAtMs = -Infinity;
  #syncing: Promise<void> = Promise.resolve();

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

  /** Survives the end of the process at once, and a power cut after `sync`. */
  write(number: number): void {
    stamp(this.#buffer, number);
    fs.writeSync(this.#fd, this.#buffer, 0, SLOT_BYTES, (number % 2) * SLOT_BYTES);
  }

  /** Syncs in the background, once a second at most. `failed` may be called at any later time. */
  syncAtLeisure(failed: (cause: unknown) => void): void {
    const nowMs = performance.now();
    if (nowMs - this.#syncedAtMs >= SYNC_INTERVAL_MS) {
      this.#syncedAtMs = nowMs;
      this.#syncing = fdatasync(this.#fd).catch(failed);
    }
  }

  async sync(): Promise<void> {
    await this.#syncing;
    await fdatasync(this.#fd);
  }

  async close(): Promise<void> {
    await this.#syncing;
    if (this.#fd !== -1) {
      fs.closeSync(this.#fd);
      this.#fd = -1;
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
