/**
 * One look at where this owner's objects of a partition differ from another owner's: roots, then
 * branches, then leaves, and under each leaf that differs the keys.
 *
 * Of a leaf the other owner gives a sketch, sized for the number of differences that so many
 * differing leaves suggest. One that does not decode is asked for larger, and in the end the leaf
 * is listed. A leaf that is empty on one side needs neither.
 *
 * Invariants:
 *   1. A tree is compared only where both owners keep its buckets.
 *   2. At most `DIFFERENCES_MAX` keys are collected; past it the look says that it is `isPartial`.
 *   3. It ends exactly once, and asks nothing more afterwards.
 */
import type {Hash64} from '../../src/merkle/object-hash.js';
import {BRANCHES, LEAVES, LEAVES_PER_BRANCH, type MerkleTree} from '../../src/merkle/tree.js';
import {StorageFailure} from '../../src/ports/storage.js';
import {keyOfName, sizeOf, type LeafDifference} from '../../src/repair/difference.js';
import {CELL_BYTES, cellsFor, Sketch, type Element} from '../../src/repair/sketch.js';
import {
  CELLS_MAX,
  decodeListTold,
  decodeRootsTold,
  encodeCopies,
  encodeLeavesAsked,
  encodeListAsked,
  encodeRootsAsked,
  encodeSketchesAsked,
  QUESTION,
  unpackHashes,
  type Standing,
} from '../../src/wire/repair-questions.js';
import type {LeafReader} from './leaf-reader.js';
import type {Talk} from './talk.js';

export type ComparisonPorts = {
  readonly talk: Talk;
  readonly reader: LeafReader;
  /** Of the buckets that both owners keep. */
  readonly copies: readonly number[];
  readonly count: (what: string) => void;
};

export type Look =
  | {
      readonly kind: 'looked';
      readonly differences: readonly LeafDifference[];
      readonly isPartial: boolean;
    }
  | {readonly kind: 'failed'; readonly why: string};

const DIFFERENCES_MAX = 4_096;
/** Sketches in one answer take at most this much. */
const ANSWER_BYTES = 128 * 1024;
const LEAVES_AT_ONCE = 8;
const GROWTH = 4;
/** An object that both have in another version is two elements. */
const ELEMENTS_A_KEY = 2;

type Suspect = {readonly copies: number; readonly leaf: number; readonly cells: number};

export class Comparison {
  #untried: number[];
  #suspects: Suspect[] = [];
  readonly #unlisted: Suspect[] = [];
  readonly #differences: LeafDifference[] = [];
  #size = 0;
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
      this.#estimate();
      this.#nextSketches();
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
        this.#compareLeaves(copies, branches);
      }
    });
  }

  #compareLeaves(copies: number, branches: readonly number[]): void {
    this.#ask(QUESTION.leaves, encodeLeavesAsked({copies, branches}), body => {
      const theirs = unpackHashes(body, branches.length * LEAVES_PER_BRANCH);
      if (theirs === null) {
        this.#fail('its leaves cannot be read');
        return;
      }

      for (const [at, hash] of theirs.entries()) {
        const branch = branches[Math.floor(at / LEAVES_PER_BRANCH)]!;
        const leaf = branch * LEAVES_PER_BRANCH + (at % LEAVES_PER_BRANCH);
        this.#compareLeaf(copies, leaf, hash);
      }

      this.#nextTree();
    });
  }

  #compareLeaf(copies: number, leaf: number, theirs: Hash64): void {
    const ours = this.#tree(copies).leafHash(leaf);
    if (same(ours, theirs)) {
      return;
    }

    if (isZero(ours)) {
      this.#collect({copies, leaf, theirs: 'all', ours: new Map()});
    } else if (isZero(theirs)) {
      this.#collect({copies, leaf, theirs: new Map(), ours: 'all'});
    } else {
      this.#suspects.push({copies, leaf, cells: 0});
    }
  }

  /** Keys fall on leaves like balls into bins: so many bins that are hit suggest so many balls. */
  #estimate(): void {
    const hit = Math.min(this.#suspects.length, LEAVES - 1);
    const keys = hit === 0 ? 0 : -LEAVES * Math.log(1 - hit / LEAVES);
    const cells = cellsFor((ELEMENTS_A_KEY * keys) / Math.max(1, hit));
    this.#suspects = this.#suspects.map(suspect => ({...suspect, cells}));
  }

  #nextSketches(): void {
    const [first] = this.#suspects;
    if (first === undefined || this.#isFull) {
      this.#nextList();
      return;
    }

    const {copies, cells} = first;
    const fitting = Math.max(1, Math.floor(ANSWER_BYTES / (cells * CELL_BYTES)));
    const batch = this.#suspects
      .filter(suspect => suspect.copies === copies && suspect.cells === cells)
      .slice(0, Math.min(fitting, LEAVES_AT_ONCE));
    this.#suspects = this.#suspects.filter(suspect => !batch.includes(suspect));
    const leaves = batch.map(({leaf}) => leaf);
    this.#ask(QUESTION.sketches, encodeSketchesAsked({copies, cells, leaves}), body => {
      const size = cells * CELL_BYTES;
      const sketches = batch.map((_, at) =>
        Sketch.decode(body.subarray(at * size, (at + 1) * size), cells),
      );
      this.#decodeNext(batch, sketches);
    });
  }

  #decodeNext(batch: readonly Suspect[], sketches: ReadonlyArray<Sketch | null>): void {
    const [suspect, ...others] = batch;
    const [theirs, ...rest] = sketches;
    if (suspect === undefined || theirs === undefined) {
      this.#nextSketches();
    } else if (theirs === null) {
      this.#fail('its sketches cannot be read');
    } else {
      const ours = new Sketch(suspect.cells);
      this.#readOwn(
        suspect,
        element => ours.insert(element),
        () => {
          const found = ours.difference(theirs);
          if (found === null) {
            this.#grow(suspect);
          } else {
            this.#collect({
              copies: suspect.copies,
              leaf: suspect.leaf,
              theirs: objectsOf(found.theirs),
              ours: objectsOf(found.ours),
            });
          }

          this.#decodeNext(others, rest);
        },
      );
    }
  }

  #grow(suspect: Suspect): void {
    this.ports.count('repair_sketches_undecoded');
    const cells = suspect.cells * GROWTH;
    if (cells > CELLS_MAX) {
      this.#unlisted.push(suspect);
    } else {
      this.#suspects.push({...suspect, cells});
    }
  }

  #nextList(): void {
    const suspect = this.#unlisted.pop();
    if (suspect === undefined || this.#isFull) {
      this.#end({kind: 'looked', differences: this.#differences, isPartial: this.#isFull});
      return;
    }

    this.ports.count('repair_leaves_listed');
    this.#list(suspect, '', new Map());
  }

  #list({copies, leaf}: Suspect, after: string, theirs: Map<string, Hash64>): void {
    this.#ask(QUESTION.list, encodeListAsked({copies, leaf, after}), body => {
      const told = decodeListTold(body);
      if (told === null) {
        this.#fail('its list of a leaf cannot be read');
        return;
      }

      for (const {name, object} of told.elements) {
        theirs.set(keyOfName(name), object);
      }

      if (told.isEnd) {
        this.#compareLists(copies, leaf, theirs);
      } else {
        this.#list({copies, leaf, cells: 0}, told.last, theirs);
      }
    });
  }

  #compareLists(copies: number, leaf: number, theirs: Map<string, Hash64>): void {
    const ours = new Map<string, Hash64>();
    this.#readOwn(
      {copies, leaf},
      ({name, object}) => {
        const key = keyOfName(name);
        if (same(object, theirs.get(key))) {
          theirs.delete(key);
        } else {
          ours.set(key, object);
        }
      },
      () => {
        this.#collect({copies, leaf, theirs, ours});
        this.#nextList();
      },
    );
  }

  #readOwn(
    {copies, leaf}: {copies: number; leaf: number},
    each: (element: Element) => void,
    then: () => void,
  ): void {
    const {talk, reader} = this.ports;
    const place = {partition: talk.gate.partition, copies, leaf};
    reader.read(
      place,
      '',
      ({nameHash, held}) => each({name: nameHash, object: held.hash}),
      () => true,
      talk.safely(page => {
        if (page instanceof StorageFailure) {
          this.#fail(page.message);
        } else {
          then();
        }
      }),
    );
  }

  get #isFull(): boolean {
    return this.#size >= DIFFERENCES_MAX;
  }

  #collect(difference: LeafDifference): void {
    this.#size += sizeOf(difference);
    if (sizeOf(difference) > 0) {
      this.#differences.push(difference);
    }
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

function objectsOf(elements: readonly Element[]): Map<string, Hash64> {
  return new Map(elements.map(({name, object}) => [keyOfName(name), object]));
}

function same(a: Hash64, b: Hash64 | undefined): boolean {
  return a.hi === b?.hi && a.lo === b.lo;
}

function isZero({hi, lo}: Hash64): boolean {
  return hi === 0 && lo === 0;
}
