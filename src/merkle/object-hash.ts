/**
 * What anti-entropy compares: 64 bits over a key and its causal state (full vector, dots present,
 * tombstones), in canonical order. Never over values, stamps or retired ids: the dots name the
 * writes, and replicas may rightly differ in the rest.
 *
 * Two lanes in the manner of MurmurHash3 (Appleby, 2011), with different seeds, multipliers and
 * rotations, so that inputs that meet in one lane do not meet in the other. Not for hostile input:
 * counters are not the client's to choose.
 */
import type {StoredObject} from '../causality/object.js';

/** Two unsigned 32-bit halves. */
export type Hash64 = {readonly hi: number; readonly lo: number};

/** Stands for no object. No object is known to have it: a chance of 1 in 2^64. */
export const NO_HASH: Hash64 = {hi: 0, lo: 0};

/** Raise it with any change below: trees of different versions cannot be compared. */
export const OBJECT_HASH_VERSION = 1;

export function objectHash(name: string, object: StoredObject): Hash64 {
  const {vector, siblings} = object;
  const lanes = new Lanes();
  lanes.addString(name);
  lanes.addWord(vector.length);
  for (const {incarnation, counter} of vector) {
    lanes.addString(incarnation);
    lanes.addInteger(counter);
  }

  for (const {dots, tombstone} of siblings) {
    lanes.addWord((dots.length << 1) | (tombstone ? 1 : 0));
    for (const {incarnation, counter} of dots) {
      lanes.addString(incarnation);
      lanes.addInteger(counter);
    }
  }

  return lanes.finish();
}

/** Places a key in the tree. */
export function nameHash(name: string): Hash64 {
  const lanes = new Lanes();
  lanes.addString(name);
  return lanes.finish();
}

class Lanes {
  #hi = 0x243f6a88 ^ OBJECT_HASH_VERSION;
  #lo = 0x13198a2e ^ OBJECT_HASH_VERSION;

  addWord(word: number): void {
    let hi = Math.imul(word, 0xcc9e2d51);
    hi = Math.imul((hi << 15) | (hi >>> 17), 0x1b873593) ^ this.#hi;
    this.#hi = (Math.imul((hi << 13) | (hi >>> 19), 5) + 0xe6546b64) | 0;

    let lo = Math.imul(word, 0x85ebca77);
    lo = Math.imul((lo << 11) | (lo >>> 21), 0xc2b2ae3d) ^ this.#lo;
    this.#lo = (Math.imul((lo << 17) | (lo >>> 15), 9) + 0x27d4eb2f) | 0;
  }

  /** A safe integer. */
  addInteger(value: number): void {
    this.addWord(value | 0);
    this.addWord((value / 0x1_0000_0000) | 0);
  }

  /**
   * Two code units a word, after the length, so that neighbours cannot lend each other characters.
   */
  addString(text: string): void {
    const {length} = text;
    this.addWord(length);
    const even = length & ~1;
    for (let i = 0; i < even; i += 2) {
      this.addWord(text.charCodeAt(i) | (text.charCodeAt(i + 1) << 16));
    }

    if (even < length) {
      this.addWord(text.charCodeAt(even));
    }
  }

  finish(): Hash64 {
    return {hi: finalize(this.#hi), lo: finalize(this.#lo)};
  }
}

/** MurmurHash3's `fmix32`: every bit of the lane reaches every bit of the answer. */
function finalize(lane: number): number {
  let h = lane;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
