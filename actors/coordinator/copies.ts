/**
 * Copies: what the hosts that were asked have shown of one key, and all of it merged. Copies are
 * nearly always equal, and those that are equal are all one object here.
 */
import {mergeObjects, sameWrites} from '../../src/causality/merge.js';
import type {StoredObject} from '../../src/causality/object.js';
import {NO_HASH, objectHash, type Hash64} from '../../src/merkle/object-hash.js';

export type Copy = {readonly slot: string; readonly object: StoredObject | null};

export class Copies {
  merged: StoredObject | null = null;
  readonly #all: Copy[] = [];

  constructor(private readonly name: string) {}

  get isEmpty(): boolean {
    return this.#all.length === 0;
  }

  add(slot: string, object: StoredObject | null): void {
    const {merged} = this;
    this.#all.push({slot, object});
    this.merged =
      merged === null || object === null ? (merged ?? object) : mergeObjects(merged, object);
  }

  /** One that has this hash. */
  withHash({hi, lo}: Hash64): Copy | undefined {
    return this.#all.find(({object}) => {
      const own = object === null ? NO_HASH : objectHash(this.name, object);
      return own.hi === hi && own.lo === lo;
    });
  }

  /** Who of `slots` has shown all that was merged. */
  holders(slots: readonly string[]): string[] {
    return this.#of(slots, object => this.#isWhole(object));
  }

  /** Who of `slots` has shown less. */
  stale(slots: readonly string[]): readonly string[] {
    return this.#all.every(({object}) => object === this.merged)
      ? NONE
      : this.#of(slots, object => !this.#isWhole(object));
  }

  #isWhole(object: StoredObject | null): boolean {
    const {merged} = this;
    return object === merged || (object !== null && merged !== null && sameWrites(object, merged));
  }

  #of(slots: readonly string[], fits: (object: StoredObject | null) => boolean): string[] {
    return this.#all
      .filter(({slot, object}) => slots.includes(slot) && fits(object))
      .map(({slot}) => slot);
  }
}

const NONE: readonly string[] = [];
