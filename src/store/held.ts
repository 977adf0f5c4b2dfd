/**
 * One key's object as a host holds it: its one encoding, which is both what is sent and what is
 * stored. The decoded form is made when somebody asks for it, and lives as long as this does, which
 * is the time of one operation and its commit. Whoever keeps an object for longer keeps a copy of
 * the bytes alone: they may be a view into a network buffer, and decoded forms that grow old before
 * they die are what a garbage collector is slowest at.
 */
import type {StoredObject} from '../causality/object.js';
import {objectHash, type Hash64} from '../merkle/object-hash.js';
import {decodeObject, encodeObject} from '../wire/object-codec.js';

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

  /** What the object weighs in the Merkle tree. */
  get hash(): Hash64 {
    return objectHash(this.name, this.object);
  }
}

export function hold(name: string, object: StoredObject): Held {
  return new Held(name, encodeObject(object), object);
}

/** Throws `MalformedBytes`. */
export function holdBytes(name: string, bytes: Uint8Array): Held {
  return new Held(name, bytes, decodeObject(bytes));
}
