/**
 * One look at where this owner's objects of a partition differ from another owner's: roots, then
 * branches, then leaves, and under each leaf that differs the keys.
 *
 * Invariants:
 *   1. A tree is compared only where both owners keep its buckets.
 *   2. A leaf that is empty on one side is not looked into: all of it differs.
 *   3. It ends exactly once, and asks nothing more afterwards.
 */
import type {Hash64} from '../../src/merkle/object-hash.js';
import {BRANCHES, LEAVES_PER_BRANCH, type MerkleTree} from '../../src/merkle/tree.js';
import type {LeafDifference} from '../../src/repair/difference.js';
import {
  decodeRootsTold,
  encodeCopies,
  encodeLeavesAsked,
  encodeRootsAsked,
  QUESTION,
  unpackHashes,
  type Standing,
} from '../../src/wire/repair-questions.js';
import {
  LeafComparison,
  type LeafComparisonPorts,
  type LeafId,
  type Look,
} from './leaf-comparison.js';

export type ComparisonPorts = LeafComparisonPorts & {
  /** Of the buckets that both owners keep. */
  readonly copies: readonly number[];
};

/**
 * Writes that are on their way make leaves differ for a moment. One that is equal at any moment is
 * equal; so leaves are glanced at a few times before one is read, which is what costs.
 */
const GLANCES = 4;
const GLANCE_MS = 100;

type DifferingLeaf = {readonly leaf: number; readonly ours: Hash64; readonly theirs: Hash64};

export class Comparison {
  #untried: number[];
  readonly #suspects: LeafId[] = [];
  readonly #differences: LeafDifference[] = [];
  #ended = false;

  constructor(
    private readonly ports: ComparisonPorts,
    /** How the other owner stands; false when that is reason to look no further. */
    private readonly onStanding: (standing: Standing) => boolean,
    private readonly done: (look: Look) => void,
  ) {
    this.#untried = [...ports.copies];
  }

  start(): void {
    const {copies} = this.ports;
    this.#ask(QUESTION.roots, encodeRootsAsked(copies), body => {
      const told = decodeRootsTold(body, copies.length);
      if (told === null) {
        this.#fail('its roots cannot be read');
        return;
      }

      if (!this.onStanding(told)) {
        this.#ended = true;
        return;
      }

      this.#untried = copies.filter((one, at) => !same(this.#tree(one).root(), told.roots[at]));
      this.#nextTree();
    });
  }

  #nextTree(): void {
    const copies = this.#untried.pop();
    if (copies === undefined) {
      this.#lookInto();
      return;
    }

    this.#ask(QUESTION.branches, encodeCopies(copies), body => {
      const theirs = unpackHashes(body, BRANCHES);
      const tree = this.#tree(copies);
      const branches = (theirs ?? []).flatMap((hash, at) =>
        same(tree.branch(at), hash) ? [] : [at],
      );
      if (theirs === null) {
        this.#fail('its branches cannot be read');
      } else if (branches.length === 0) {
        this.#nextTree();
      } else {
        this.#compareLeaves(copies, branches, null, GLANCES);
      }
    });
  }

  /** `among` are the leaves that have differed each time so far; null the first time. */
  #compareLeaves(
    copies: number,
    branches: readonly number[],
    among: ReadonlySet<number> | null,
    glances: number,
  ): void {
    this.#ask(QUESTION.leaves, encodeLeavesAsked({copies, branches}), body => {
      const theirs = unpackHashes(body, branches.length * LEAVES_PER_BRANCH);
      if (theirs === null) {
        this.#fail('its leaves cannot be read');
        return;
      }

      const differing = this.#differing(copies, branches, theirs).filter(
        ({leaf}) => among === null || among.has(leaf),
      );
      if (differing.length === 0 || glances <= 1) {
        differing.forEach(leaf => this.#sort(copies, leaf));
        this.#nextTree();
      } else {
        const leaves = new Set(differing.map(({leaf}) => leaf));
        const left = branches.filter(branch => [...leaves].some(leaf => branchOf(leaf) === branch));
        this.ports.talk.later(GLANCE_MS, () =>
          this.#compareLeaves(copies, left, leaves, glances - 1),
        );
      }
    });
  }

  #differing(
    copies: number,
    branches: readonly number[],
    hashes: readonly Hash64[],
  ): DifferingLeaf[] {
    const tree = this.#tree(copies);
    return hashes.flatMap((theirs, at) => {
      const branch = branches[Math.floor(at / LEAVES_PER_BRANCH)]!;
      const leaf = branch * LEAVES_PER_BRANCH + (at % LEAVES_PER_BRANCH);
      const ours = tree.leafHash(leaf);
      return same(ours, theirs) ? [] : [{leaf, ours, theirs}];
    });
  }

  #sort(copies: number, {leaf, ours, theirs}: DifferingLeaf): void {
    if (isZero(ours)) {
      this.#differences.push({copies, leaf, theirs: 'all', ours: new Map()});
    } else if (isZero(theirs)) {
      this.#differences.push({copies, leaf, theirs: new Map(), ours: 'all'});
    } else {
      this.#suspects.push({copies, leaf});
    }
  }

  #lookInto(): void {
    const looking = new LeafComparison(this.ports, this.#suspects, look => {
      if (look.kind === 'looked') {
        const differences = [...this.#differences, ...look.differences];
        this.#end({...look, differences});
      } else {
        this.#end(look);
      }
    });
    looking.start();
  }

  #tree(copies: number): MerkleTree {
    const {trees} = this.ports.talk;
    if (trees === null) {
      throw new Error('the trees were asked for after the vnode had gone');
    }

    return trees.tree(copies);
  }

  #ask(question: number, body: Uint8Array, answered: (body: Uint8Array) => void): void {
    if (!this.#ended) {
      this.ports.talk.ask(question, body, answered, ({refused}) => this.#fail(refused));
    }
  }

  #fail(why: string): void {
    this.#end({kind: 'failed', why});
  }

  #end(look: Look): void {
    if (!this.#ended) {
      this.#ended = true;
      this.done(look);
    }
  }
}

function branchOf(leaf: number): number {
  return Math.floor(leaf / LEAVES_PER_BRANCH);
}

function same(a: Hash64, b: Hash64 | undefined): boolean {
  return a.hi === b?.hi && a.lo === b.lo;
}

function isZero({hi, lo}: Hash64): boolean {
  return hi === 0 && lo === 0;
}
