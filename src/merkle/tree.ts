/**
 * The Merkle tree of one vnode: 32 branches of 32 leaves. A leaf is the XOR of the hashes of its
 * keys, a branch that of its leaves, the root that of all: a write costs two XORs, in any order,
 * and never a walk.
 *
 * Invariants:
 *   1. Equal sets of hashes give equal trees, whatever the order of updates.
 *   2. A leaf is all that has to be stored; branches and root follow from the leaves.
 */
import type {Hash64} from './object-hash.js';

export const BRANCHES = 32;
export const LEAVES_PER_BRANCH = 32;
export const LEAVES = BRANCHES * LEAVES_PER_BRANCH;

/** One leaf as it is stored: 64 bits, big-endian. */
export const LEAF_BYTES = 8;

/** Which leaf a key belongs to, given the hash of its name. Leaf i lies under branch i / 32. */
export function leafOf({hi}: Hash64): number {
  return hi >>> 22;
}

export class MerkleTree {
  readonly #hi = new Uint32Array(LEAVES);
  readonly #lo = new Uint32Array(LEAVES);

  /** Replaces one key's hash; null stands for a key that is absent. */
  update(leaf: number, before: Hash64 | null, after: Hash64 | null): void {
    this.#hi[leaf]! ^= (before?.hi ?? 0) ^ (after?.hi ?? 0);
    this.#lo[leaf]! ^= (before?.lo ?? 0) ^ (after?.lo ?? 0);
  }

  leafHash(leaf: number): Hash64 {
    return {hi: this.#hi[leaf]!, lo: this.#lo[leaf]!};
  }

  /** Writes the leaf as it is stored into `bytes`, at `at`. */
  writeLeaf(leaf: number, bytes: Buffer, at: number): void {
    bytes.writeUInt32BE(this.#hi[leaf]!, at);
    bytes.writeUInt32BE(this.#lo[leaf]!, at + 4);
  }

  /** Takes a leaf from storage. Throws RangeError for any other number of bytes. */
  load(leaf: number, bytes: Uint8Array): void {
    if (bytes.length !== LEAF_BYTES) {
      throw new RangeError(`a leaf has ${LEAF_BYTES} bytes, not ${bytes.length}`);
    }

    const view = new DataView(bytes.buffer, bytes.byteOffset, LEAF_BYTES);
    this.#hi[leaf] = view.getUint32(0);
    this.#lo[leaf] = view.getUint32(4);
  }

  root(): Hash64 {
    return this.#xor(0, LEAVES);
  }

  branch(branch: number): Hash64 {
    const from = branch * LEAVES_PER_BRANCH;
    return this.#xor(from, from + LEAVES_PER_BRANCH);
  }

  branches(): Hash64[] {
    return Array.from({length: BRANCHES}, (_, branch) => this.branch(branch));
  }

  #xor(from: number, to: number): Hash64 {
    let hi = 0;
    let lo = 0;
    for (let i = from; i < to; i += 1) {
      hi ^= this.#hi[i]!;
      lo ^= this.#lo[i]!;
    }

    return {hi: hi >>> 0, lo: lo >>> 0};
  }
}
