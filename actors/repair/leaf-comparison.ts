/**
 * Which keys differ under leaves that differ. Of each the other owner gives a sketch, sized for the
 * number of differences that so many differing leaves suggest. One that does not decode is asked
 * for larger, and in the end the leaf is listed.
 *
 * Invariants:
 *   1. At most `DIFFERENCES_MAX` keys are collected; past it the answer says that it is
 *      `isPartial`.
 *   2. It ends exactly once, and asks nothing more afterwards.
 */
import type {Hash64} from '../../src/merkle/object-hash.js';
import {LEAVES} from '../../src/merkle/tree.js';
import {StorageFailure} from '../../src/ports/storage.js';
import {keyOfName, sizeOf, type LeafDifference} from '../../src/repair/difference.js';
import {CELL_BYTES, cellsFor, Sketch, type Element} from '../../src/repair/sketch.js';
import {
  CELLS_MAX,
  decodeListTold,
  encodeListAsked,
  encodeSketchesAsked,
  QUESTION,
} from '../../src/wire/repair-questions.js';
import type {LeafReader} from './leaf-reader.js';
import type {Talk} from './talk.js';

export type LeafComparisonPorts = {
  readonly talk: Talk;
  readonly reader: LeafReader;
  readonly count: (what: string) => void;
};

export type LeafId = {readonly copies: number; readonly leaf: number};

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

type Suspect = LeafId & {readonly cells: number};

export class LeafComparison {
  #suspects: Suspect[];
  readonly #unlisted: LeafId[] = [];
  readonly #differences: LeafDifference[] = [];
  #size = 0;
  #ended = false;

  constructor(
    private readonly ports: LeafComparisonPorts,
    suspects: readonly LeafId[],
    private readonly done: (look: Look) => void,
  ) {
    const cells = cellsOf(suspects.length);
    this.#suspects = suspects.map(suspect => ({...suspect, cells}));
  }

  start(): void {
    this.#nextSketches();
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

  #list({copies, leaf}: LeafId, after: string, theirs: Map<string, Hash64>): void {
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
        this.#list({copies, leaf}, told.last, theirs);
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

  #readOwn({copies, leaf}: LeafId, each: (element: Element) => void, then: () => void): void {
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

/** Keys fall on leaves like balls into bins: so many bins that are hit suggest so many balls. */
function cellsOf(leaves: number): number {
  const hit = Math.min(leaves, LEAVES - 1);
  const keys = hit === 0 ? 0 : -LEAVES * Math.log(1 - hit / LEAVES);
  return cellsFor((ELEMENTS_A_KEY * keys) / Math.max(1, hit));
}

function objectsOf(elements: readonly Element[]): Map<string, Hash64> {
  return new Map(elements.map(({name, object}) => [keyOfName(name), object]));
}

function same(a: Hash64, b: Hash64 | undefined): boolean {
  return a.hi === b?.hi && a.lo === b.lo;
}
