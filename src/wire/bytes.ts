/**
 * The parts of what hosts write in a layout of their own, where MessagePack would cost several
 * times as much: objects and contexts, a few of each for every request.
 *
 *   integer   7 bits a byte, least first, the high bit set on all but the last (LEB128)
 *   text      an integer, then as many ASCII characters
 *   binary    an integer, then as many bytes
 *
 * Invariants:
 *   1. What can be read has one spelling.
 *   2. Whatever the bytes are, the reader gives a value in its range or throws MalformedBytes, and
 *      never takes more than the bytes it was given.
 */
import type {Interner} from './interner.js';

/** The bytes are nothing that this version writes. */
export class MalformedBytes extends Error {
  override readonly name = 'MalformedBytes';
  readonly code = 'MALFORMED_BYTES';
}

/** Past this bit operations would see a negative number. */
const INT32_MAX = 0x7f_ff_ff_ff;

/** Gathers bytes in one buffer that is used over and over: what is written costs no garbage. */
export class ByteWriter {
  #bytes = Buffer.allocUnsafe(4096);
  #length = 0;

  /** What was written since the last `clear`, until the next write. */
  get written(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  /** As `written`, for good. It may share a larger buffer with others. */
  copy(): Uint8Array {
    return Buffer.from(this.written);
  }

  clear(): void {
    this.#length = 0;
  }

  /** Throws RangeError for what is no safe integer, or negative. */
  integer(value: number): void {
    if (!Number.isSafeInteger(value) || value < 0) {
      throw new RangeError(`${value} cannot be written as an integer`);
    }

    this.#reserve(8);
    const bytes = this.#bytes;
    let rest = value;
    while (rest > INT32_MAX) {
      bytes[this.#length++] = (rest & 0x7f) | 0x80;
      rest = Math.floor(rest / 0x80);
    }

    while (rest > 0x7f) {
      bytes[this.#length++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }

    bytes[this.#length++] = rest;
  }

  /** Throws RangeError for anything but ASCII. */
  text(text: string): void {
    const {length} = text;
    this.integer(length);
    this.#reserve(length);
    for (let i = 0; i < length; i += 1) {
      const character = text.charCodeAt(i);
      if (character > 0x7f) {
        throw new RangeError(`'${text}' is not ASCII`);
      }

      this.#bytes[this.#length++] = character;
    }
  }

  binary(bytes: Uint8Array): void {
    this.integer(bytes.length);
    this.raw(bytes);
  }

  /** Bytes without their length. */
  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** A text without its length. */
  characters(text: string, encoding: 'utf8' | 'latin1'): void {
    this.#reserve(3 * text.length);
    this.#length += this.#bytes.write(text, this.#length, encoding);
  }

  #reserve(more: number): void {
    if (this.#length + more > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(2 * (this.#length + more));
      larger.set(this.written);
      this.#bytes = larger;
    }
  }
}

export class ByteReader {
  #at = 0;

  constructor(private readonly bytes: Uint8Array) {}

  /** A safe integer from 0 to `max`. */
  integer(max = Number.MAX_SAFE_INTEGER): number {
    let value = 0;
    let scale = 1;
    let byte = this.#byte();
    while (byte > 0x7f && scale < Number.MAX_SAFE_INTEGER) {
      value += (byte & 0x7f) * scale;
      scale *= 0x80;
      byte = this.#byte();
    }

    value += byte * scale;
    const isLongerThanNeeded = byte === 0 && scale > 1;
    if (value > max || isLongerThanNeeded) {
      throw new MalformedBytes('an integer is malformed');
    }

    return value;
  }

  /** `known` gives the same string for the same characters where it can. */
  text(charactersMax: number, known: Interner | null = null): string {
    const {bytes} = this;
    const length = this.integer(charactersMax);
    if (length === 0) {
      return '';
    }

    const from = this.#skip(length);
    return known?.find(bytes, from, length) ?? asciiOf(bytes, from, length, known);
  }

  /** A view. */
  binary(): Uint8Array {
    const length = this.integer();
    const from = this.#skip(length);
    return new Uint8Array(this.bytes.buffer, this.bytes.byteOffset + from, length);
  }

  /** Throws unless all was read. */
  end(): void {
    if (this.#at !== this.bytes.length) {
      throw new MalformedBytes('something follows what should be the end');
    }
  }

  #byte(): number {
    const byte = this.bytes[this.#skip(1)];
    return byte!;
  }

  /** Where the bytes that were skipped begin. */
  #skip(length: number): number {
    const from = this.#at;
    this.#at += length;
    if (this.#at > this.bytes.length) {
      throw new MalformedBytes('the bytes end too early');
    }

    return from;
  }
}

function asciiOf(bytes: Uint8Array, from: number, length: number, known: Interner | null): string {
  for (let i = from; i < from + length; i += 1) {
    if (bytes[i]! > 0x7f) {
      throw new MalformedBytes('a text is not ASCII');
    }
  }

  const text = Buffer.from(bytes.buffer, bytes.byteOffset + from, length).toString('latin1');
  known?.add(text);
  return text;
}
