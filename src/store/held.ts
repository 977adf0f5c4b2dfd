/**
 * One key's object as a host holds it: its one encoding, which is both what is sent and what is
 * stored. The decoded form is made when somebody asks for it, and lives as long as this does, which
 * is the time of one operation and its commit. Whoever keeps an object for longer keeps a copy of
 * the bytes alone: they may be a view into a network buffer, and decoded forms that grow old before
 * they die are what a garbage collector is slowest at.
 */
import type {StoredObject} from '../causality/object.js';
import {objectHash, type Hash64} from '../merkle/object-hash.js';
import {decodeObject, encodeObject, isMarked, withMark} from '../wire/object-codec.js';

export class Held {
  #object: StoredObject | null;

  constructor(
    readonly name: string,
    /** Of an object: decoding throws otherwise. Nobody changes them any more. */
    readonly bytes: Uint8Array,
    object: StoredObject | null,
  ) {
    this.#object = object;
  }

  get object(): StoredObject {
    this.#object ??= decodeObject(this.bytes);
    return this.#object;
  }

  /** Of the object itself, marked or not. */
  get hash(): Hash64 {
    return objectHash(this.name, this.object);
  }

  /** All owners have agreed that it may go. */
  get isMarked(): boolean {
    return isMarked(this.bytes);
  }

  /**
   * What the object weighs in the Merkle tree. One that is marked weighs what it will become, which
   * is nothing: owners that have removed it and owners that have yet to are equal.
   */
  get weight(): Hash64 | null {
    return this.isMarked ? null : this.hash;
  }

  /** Itself where the mark is as asked for. */
  marked(marked: boolean): Held {
    return marked === this.isMarked
      ? this
      : new Held(this.name, withMark(this.bytes, marked), this.#object);
  }
}

export function hold(name: string, object: StoredObject): Held {
  return new Held(name, encodeObject(object), object);
}

/** As it lies on this host's disk. Throws `MalformedBytes`. */
export function holdBytes(name: string, bytes: Uint8Array): Held {
  return new Held(name, bytes, decodeObject(bytes));
}
