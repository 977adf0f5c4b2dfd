/**
 * Every write that ever left a host, by its dots: when each was born, and whether a later object was let out
 * that covers it without carrying it. Fed with each object just before it leaves, by wire or to a disk, so
 * that the first object in which a write is missing is the one that superseded it.
 */
import {compareDots, type Dot} from '../causality/dot.js';
import type {Sibling, StoredObject} from '../causality/object.js';
import {covers} from '../causality/version-vector.js';
import {OBJECT_BYTES_MAX} from '../limits.js';
import {inflate} from '../wire/compression.js';
import type {History, Operation} from './history.js';

export type Birth = {
  readonly dot: Dot;
  readonly name: string;
  /** Which write it certifies: the same for all dots of one write, different for different writes. */
  readonly write: string;
  readonly tombstone: boolean;
  /** null for a delete without an id, of which only the key is known. */
  readonly operation: Operation | null;
  dead: boolean;
};

/** What one object brought to light. */
export type Sighting = {
  readonly host: string;
  readonly name: string;
  /** Never seen before, in any object. */
  readonly fresh: readonly Birth[];
  /** Covered and not carried, for the first time. */
  readonly died: readonly Birth[];
  /** Dots that name another write than before. */
  readonly clashes: ReadonlyArray<{readonly birth: Birth; readonly write: string}>;
};

export class Ledger {
  readonly #births = new Map<string, Birth>();
  readonly #byName = new Map<string, Birth[]>();
  /** By host: dots of writes that it holds or has been shown since it started. */
  readonly #known = new Map<string, Set<string>>();

  constructor(private readonly history: History) {}

  of(name: string): readonly Birth[] {
    return this.#byName.get(name) ?? [];
  }

  ofOperation(operation: Operation): Birth[] {
    return this.of(operation.name).filter(birth => birth.operation === operation);
  }

  hasKnown(host: string, {dot}: Birth): boolean {
    return this.#known.get(host)?.has(keyOf(dot)) === true;
  }

  /** A host's process has ended: what it knows from now on is what its disk holds. */
  forget(host: string): void {
    this.#known.delete(host);
  }

  /** The host holds the object, or was shown it. */
  learn(host: string, {siblings}: StoredObject): void {
    const known = this.#known.get(host) ?? new Set();
    this.#known.set(host, known);
    for (const {dots} of siblings) {
      for (const dot of dots) {
        known.add(keyOf(dot));
      }
    }
  }

  /** The host is about to let the object out. */
  observe(host: string, name: string, object: StoredObject): Sighting {
    const fresh: Birth[] = [];
    const clashes: Array<{birth: Birth; write: string}> = [];
    for (const sibling of object.siblings) {
      const write = this.#writeOf(name, sibling);
      for (const dot of sibling.dots) {
        const birth = this.#births.get(keyOf(dot));
        if (birth === undefined) {
          fresh.push(this.#bear(name, sibling, dot, write));
        } else if (birth.write !== write || birth.name !== name) {
          clashes.push({birth, write});
        }
      }
    }

    const died = this.of(name).filter(
      ({dead, dot}) => !dead && covers(object.vector, dot) && !carries(object, dot),
    );
    return {host, name, fresh, died, clashes};
  }

  #bear(name: string, sibling: Sibling, dot: Dot, write: string): Birth {
    const {tombstone} = sibling;
    const operation = this.#operationOf(sibling);
    const birth = {dot, name, write, tombstone, operation, dead: false};
    this.#births.set(keyOf(dot), birth);
    const others = this.#byName.get(name);
    if (others === undefined) {
      this.#byName.set(name, [birth]);
    } else {
      others.push(birth);
    }

    return birth;
  }

  #operationOf(sibling: Sibling): Operation | null {
    return sibling.tombstone
      ? this.history.withHashedId(sibling.id)
      : this.history.writerOf(inflate(sibling, OBJECT_BYTES_MAX));
  }

  #writeOf(name: string, sibling: Sibling): string {
    const operation = this.#operationOf(sibling);
    if (operation !== null) {
      return `#${operation.no}`;
    }

    // Without an id a write has one dot and one stamp for ever.
    return sibling.tombstone ? `a delete of ${name} at ${sibling.hlc}` : 'what nobody wrote';
  }
}

export function carries({siblings}: StoredObject, dot: Dot): boolean {
  return siblings.some(({dots}) => dots.some(own => compareDots(own, dot) === 0));
}

function keyOf({incarnation, counter}: Dot): string {
  return `${incarnation}:${counter}`;
}
