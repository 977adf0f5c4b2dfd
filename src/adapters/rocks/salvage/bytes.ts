/**
 * Bytes of a file that may be damaged, and the numbers that the engine writes in them.
 *
 * Invariant: what is told of a file never depends on bytes past its end, and a length that is read
 * from it never makes anybody read or keep more than `PIECE_BYTES_MAX`.
 */
import fs from 'node:fs';

/** Larger keys and values are taken for damage: a host's commits are smaller than this in all. */
export const PIECE_BYTES_MAX = 16 * 1024 * 1024;

const CHUNK_BYTES = 128 * 1024;
const SECTOR_BYTES = 4096;

/** A file read from front to back, a window at a time: many are read at once. */
export class FileBytes {
  readonly sizeBytes: number;
  readonly #file: string;
  #window: Buffer = Buffer.alloc(0);
  #from = 0;

  constructor(file: string) {
    this.#file = file;
    this.sizeBytes = fs.statSync(file).size;
  }

  /** Up to `length` bytes from `at`: fewer at the file's end. A view that stays as it is. */
  at(at: number, length: number): Buffer {
    const end = Math.min(at + length, this.sizeBytes);
    if (at < this.#from || end > this.#from + this.#window.length) {
      this.#from = at;
      this.#window = this.#read(at, Math.min(this.sizeBytes, Math.max(end, at + CHUNK_BYTES)));
    }

    return this.#window.subarray(at - this.#from, Math.max(at, end) - this.#from);
  }

  /** Zeros stand for what the disk refuses to read: they are no record. */
  #read(from: number, to: number): Buffer {
    const bytes = Buffer.alloc(Math.max(0, to - from));
    const fd = fs.openSync(this.#file, 'r');
    try {
      if (!readInto(fd, bytes, from)) {
        for (let at = 0; at < bytes.length; at += SECTOR_BYTES) {
          readInto(fd, bytes.subarray(at, at + SECTOR_BYTES), from + at);
        }
      }
    } finally {
      fs.closeSync(fd);
    }

    return bytes;
  }
}

function readInto(fd: number, bytes: Buffer, from: number): boolean {
  try {
    for (let at = 0; at < bytes.length; ) {
      const count = fs.readSync(fd, bytes, at, bytes.length - at, from + at);
      if (count === 0) {
        break;
      }

      at += count;
    }

    return true;
  } catch {
    return false;
  }
}

/** Reads numbers one after the other. `ok` is false for ever once one was not there. */
export class Reader {
  ok = true;

  constructor(
    readonly bytes: Buffer,
    public at = 0,
  ) {}

  get left(): number {
    return this.bytes.length - this.at;
  }

  varint(): number {
    let value = 0;
    for (let factor = 1; factor < 2 ** 49; factor *= 128) {
      const byte = this.bytes[this.at];
      if (byte === undefined) {
        break;
      }

      this.at += 1;
      value += (byte & 127) * factor;
      if (byte < 128) {
        return value;
      }
    }

    this.ok = false;
    return 0;
  }

  /** A view of `length` bytes. */
  take(length: number): Buffer {
    this.ok &&= length <= this.left;
    const taken = this.ok
      ? this.bytes.subarray(this.at, this.at + length)
      : this.bytes.subarray(0, 0);
    this.at += taken.length;
    return taken;
  }
}
