/** One key's object as a host holds it in memory: decoded, encoded and hashed, each done once. */
import type {StoredObject} from '../causality/object.js';
import {decodeObject, encodeObject} from '../wire/object-codec.js';
import {objectHash, type Hash64} from '../merkle/object-hash.js';

export type Held = {
  readonly object: StoredObject;
  /**
   * The object's one encoding: what is sent is what is stored. Never a view into a larger buffer.
   */
  readonly bytes: Uint8Array;
  /** What the object weighs in the Merkle tree. */
  readonly hash: Hash64;
};

export function hold(name: string, object: StoredObject): Held {
  return {object, bytes: new Uint8Array(encodeObject(object)), hash: objectHash(name, object)};
}

/**
 * Throws `MalformedBytes`. Copies, so that no cache entry keeps a network buffer or a read batch
 * alive.
 */
export function holdBytes(name: string, bytes: Uint8Array): Held {
  const own = new Uint8Array(bytes);
  const object = decodeObject(own);
  return {object, bytes: own, hash: objectHash(name, object)};
}
