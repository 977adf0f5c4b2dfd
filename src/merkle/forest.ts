/**
 * Forest: the Merkle trees of one vnode, one for each number of copies that its buckets ask for.
 * The objects of a bucket with fewer copies than the partition has owners lie with the first of
 * them only: one tree over everything could never be equal between all owners.
 *
 * Invariant: an object weighs in exactly one tree, that of its bucket's copies.
 */
import {MerkleTree} from './tree.js';

/** Copies are below this, and fit into four bits (`OWNERS_MAX` in topology/policy.ts). */
export const COPIES_BELOW = 16;

export class Forest {
  readonly #trees = new Map<number, MerkleTree>();

  /** Whether no tree weighs anything: the vnode holds no object. */
  get isEmpty(): boolean {
    return [...this.#trees.values()].every(tree => {
      const {hi, lo} = tree.root();
      return hi === 0 && lo === 0;
    });
  }

  /** Of the trees that there are, ascending. */
  get copies(): number[] {
    return [...this.#trees.keys()].toSorted((a, b) => a - b);
  }

  /** The tree of the objects with so many copies; an empty one when there was none. */
  tree(copies: number): MerkleTree {
    const known = this.#trees.get(copies);
    if (known !== undefined) {
      return known;
    }

    const tree = new MerkleTree();
    this.#trees.set(copies, tree);
    return tree;
  }
}
