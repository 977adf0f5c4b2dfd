/**
 * Every write that ever left a host, by its dots: when each was born, and whether a later object
 * was let out that covers it without carrying it. Fed with each object just before it leaves, by
 * wire or to a disk, so that the first object in which a write is missing is the one that
 * superseded it.
 */
import {idsOf} from '../causality/id-list.js';
import {compareDots, type Dot} from '../causality/dot.js';
import type {Sibling, StoredObject} from '../causality/object.js';
import {
  covers,
  EMPTY_VECTOR,
  mergeVectors,
  type VersionVector,
} from '../causality/version-vector.js';
import {OBJECT_BYTES_MAX} from '../limits.js';
import {inflate} from '../wire/compression.js';
import type {History, Operation} from './history.js';

export type Birth = {
  readonly dot: Dot;
  readonly name: string;
  /**
   * Which write it certifies: the same for all dots of one write, different for different writes.
   */
  readonly write: string;
  readonly tombstone: boolean;
  /** null for a delete without an id, of which only the key is known. */
  readonly operation: Operation | null;
  /** Of the object in which it was first seen. */
  readonly vector: VersionVector;
  dead: boolean;
  /** A host has rightly forgotten that it ever was. */
  isPurged: boolean;
};

/** What one object brought to light. */
export type Sighting = {
  readonly host: string;
  readonly name: string;
  /** Never seen before, in any object. */
  readonly fresh: readonly Birth[];
  /** Covered and not carried for the first time, and by whom it may have been superseded. */
  readonly died: ReadonlyArray<{readonly birth: Birth; readonly by: readonly Birth[]}>;
  /**
   * Writes that the object calls superseded and that were never seen: another write of the same
   * batch took their place before anything left the host.
   */
  readonly unseen: readonly Operation[];
  /** Dots that name another write than before. */
  readonly clashes: ReadonlyArray<{readonly birth: Birth; readonly write: string}>;
};

export class Ledger {
  readonly #births = new Map<string, Birth>();
  readonly #byName = new Map<string, Birth[]>();
  /** Writes that nobody ever saw, superseded by one that could. */
  readonly #absorbed = new Set<Operation>();
  readonly #forgotten = new Map<string, VersionVector>();
  /** By host: dots of writes that it holds or has let out, with their keys' names. */
  readonly #own = new Map<string, Map<string, string>>();
  /** By host: dots of writes that others have shown it. */
  readonly #shown = new Map<string, Map<string, string>>();

  constructor(private readonly history: History) {}

  of(name: string): readonly Birth[] {
    return this.#byName.get(name) ?? [];
  }

  ofOperation(operation: Operation): Birth[] {
    return this.of(operation.name).filter(birth => birth.operation === operation);
  }

  /** Whether a blind write that the host coordinates now could cover it. */
  mayHold(host: string, {dot}: Birth): boolean {
    const key = keyOf(dot);
    return this.#own.get(host)?.has(key) === true || this.#shown.get(host)?.has(key) === true;
  }

  /**
   * A host removes an object of which nothing but tombstones was left, and that covered this; or it
   * retires these entries.
   */
  purge(name: string, vector: VersionVector): void {
    this.#forgotten.set(name, mergeVectors(this.forgotten(name), vector));
    for (const birth of this.of(name)) {
      birth.isPurged ||= covers(vector, birth.dot);
    }
  }

  /** All that removed objects had seen, and all that was retired. */
  forgotten(name: string): VersionVector {
    return this.#forgotten.get(name) ?? EMPTY_VECTOR;
  }

  absorb(operation: Operation): void {
    this.#absorbed.add(operation);
  }

  isAbsorbed(operation: Operation): boolean {
    return this.#absorbed.has(operation);
  }

  /** The host's process has ended. */
  forget(host: string): void {
    this.#own.delete(host);
    this.#shown.delete(host);
  }

  /** What the host held besides its disk is gone: a commit failed. */
  forgetOwn(host: string): void {
    this.#own.delete(host);
  }

  /** The host's disk holds the object. */
  hold(host: string, name: string, object: StoredObject): void {
    learn(this.#own, host, name, object);
  }

  show(host: string, name: string, object: StoredObject): void {
    learn(this.#shown, host, name, object);
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
          fresh.push(this.#bear(name, sibling, dot, {write, vector: object.vector}));
        } else if (birth.write !== write || birth.name !== name) {
          clashes.push({birth, write});
        }
      }
    }

    const died = this.of(name)
      .filter(({dead, isPurged}) => !dead && !isPurged)
      .filter(({dot}) => covers(object.vector, dot) && !carries(object, dot))
      .map(birth => ({birth, by: fresh}));
    const unseen = idsOf(object.retired)
      .map(({id}) => this.history.withHashedId(id))
      .filter(operation => operation !== null)
      .filter(operation => !this.isAbsorbed(operation) && this.ofOperation(operation).length === 0);
    return {host, name, fresh, died: [...died, ...this.#bornDead(name, fresh)], unseen, clashes};
  }

  /**
   * Of several writes of one turn the last may be seen first, on its way to the disk: it covers
   * what is only seen later, on its way to a peer, and would have been seen then if it had still
   * been carried.
   */
  #bornDead(name: string, fresh: readonly Birth[]): Array<{birth: Birth; by: readonly Birth[]}> {
    const earlier = this.of(name).filter(birth => !fresh.includes(birth));
    return fresh
      .map(birth => ({birth, by: earlier.filter(({vector}) => covers(vector, birth.dot))}))
      .filter(({by}) => by.length > 0);
  }

  #bear(
    name: string,
    sibling: Sibling,
    dot: Dot,
    seen: {readonly write: string; readonly vector: VersionVector},
  ): Birth {
    const {tombstone} = sibling;
    const operation = this.#operationOf(sibling);
    const birth = {...seen, dot, name, tombstone, operation, dead: false, isPurged: false};
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

function learn(
  known: Map<string, Map<string, string>>,
  host: string,
  name: string,
  {siblings}: StoredObject,
): void {
  const dots = known.get(host) ?? new Map<string, string>();
  known.set(host, dots);
  for (const dot of siblings.flatMap(sibling => sibling.dots)) {
    dots.set(keyOf(dot), name);
  }
}

export function carries({siblings}: StoredObject, dot: Dot): boolean {
  return siblings.some(({dots}) => dots.some(own => compareDots(own, dot) === 0));
}

function keyOf({incarnation, counter}: Dot): string {
  return `${incarnation}:${counter}`;
}
