/**
 * A model of one key's copies: three owners, objects on their way between them, and hints. Beside
 * them what there would be if nothing had ever been forgotten.
 */
import {fc} from '@fast-check/ava';
import {mergeHeld, readPeerObject} from '../../actors/vnode/decide.js';
import {mergeObjects} from '../../src/causality/merge.js';
import type {StoredObject} from '../../src/causality/object.js';
import {isDeleted, liveSiblings} from '../../src/causality/siblings.js';
import {EMPTY_VECTOR} from '../../src/causality/version-vector.js';
import {applyWrite, highestHlc} from '../../src/causality/write.js';
import type {Hash64} from '../../src/merkle/object-hash.js';
import {hold, type Held} from '../../src/store/held.js';

export const OWNERS = [0, 1, 2] as const;
const NAME = 'b.k';

export type CopiesStep =
  | {readonly kind: 'put' | 'del'; readonly at: number; readonly isBlind: boolean}
  | {readonly kind: 'deliver' | 'repeat' | 'lose' | 'keep' | 'hint'; readonly which: number}
  | {readonly kind: 'exchange' | 'read'; readonly at: number; readonly other: number}
  /** The owner stamps under another incarnation from now on. */
  | {readonly kind: 'renew'; readonly at: number}
  /** What the owner holds sets out once more, as repair sends it. */
  | {readonly kind: 'send'; readonly at: number}
  /** All that is on its way arrives. */
  | {readonly kind: 'arrive'};

export type Message = {readonly to: number; readonly bytes: Uint8Array};

const owner = fc.nat({max: 2});

/** By weight; writes among them as `verbs` says. */
export function copiesSteps(...verbs: ReadonlyArray<'put' | 'del'>) {
  return [
    {
      weight: 5,
      arbitrary: fc.record({
        kind: fc.constantFrom(...verbs),
        at: owner,
        isBlind: fc.boolean(),
      }),
    },
    {
      weight: 8,
      arbitrary: fc.record({
        kind: fc.constantFrom('deliver' as const, 'deliver', 'repeat', 'lose', 'keep', 'hint'),
        which: fc.nat({max: 9}),
      }),
    },
    {
      weight: 5,
      arbitrary: fc.record({
        kind: fc.constantFrom('exchange' as const, 'exchange', 'read'),
        at: owner,
        other: owner,
      }),
    },
    {weight: 2, arbitrary: fc.record({kind: fc.constant('send' as const), at: owner})},
    {weight: 2, arbitrary: fc.constant({kind: 'arrive' as const})},
  ] satisfies Array<{readonly weight: number; readonly arbitrary: fc.Arbitrary<CopiesStep>}>;
}

export class Copies {
  readonly held: Array<Held | null> = [null, null, null];
  /** All that was ever written, merged: what there would be if nothing was removed. */
  truth: StoredObject | null = null;
  onTheWay: Message[] = [];
  hints: Message[] = [];
  /** Hints that were ever kept. */
  kept = 0;
  readonly #counters = [0, 0, 0];
  readonly #lives = [0, 0, 0];

  take(one: CopiesStep): void {
    switch (one.kind) {
      case 'put':
      case 'del':
        this.#write(one.at, one.kind === 'del', one.isBlind);
        break;
      case 'exchange':
        this.#exchange(one.at, one.other);
        break;
      case 'read':
        this.#read(one.at, one.other);
        break;
      case 'renew':
        this.#lives[one.at] = (this.#lives[one.at] ?? 0) + 1;
        break;
      case 'send': {
        const held = this.held[one.at] ?? null;
        if (held !== null && !held.isMarked) {
          this.#send(one.at, held);
        }

        break;
      }

      case 'arrive':
        this.onTheWay.splice(0).forEach(({to, bytes}) => this.#merge(to, bytes));
        break;
      default:
        this.#move(one.kind, one.which);
    }
  }

  /** Nothing is lost any more, and the owners are compared until they are equal. */
  settle(): void {
    for (const {to, bytes} of [...this.onTheWay.splice(0), ...this.hints.splice(0)]) {
      this.#merge(to, bytes);
    }

    for (let round = 0; round < 4; round += 1) {
      OWNERS.forEach(at => this.#exchange(at, (at + 1) % 3));
    }
  }

  /** Whether all owners show what they would if nothing had been forgotten. */
  isRight(): boolean {
    const expected = shownBy(this.truth).join();
    return this.held.every(held => shownBy(held?.object).join() === expected);
  }

  #write(at: number, tombstone: boolean, isBlind: boolean): void {
    const mine = this.held[at] ?? null;
    const counter = (this.#counters[at] ?? 0) + 1;
    this.#counters[at] = counter;
    const hlc = highestHlc(mine?.object, counter) + 1;
    const value = tombstone ? Buffer.of() : Buffer.from(`${at}.${counter}`);
    const object = applyWrite(
      mine?.object,
      {
        cover: isBlind && !tombstone ? EMPTY_VECTOR : 'everything',
        coverHlc: 0,
        id: '',
        tombstone,
        deflated: false,
        value,
      },
      {dot: {incarnation: `i${at}.${this.#lives[at]}`, counter}, hlc},
    );
    const held = hold(NAME, object);
    this.truth = this.truth === null ? object : mergeObjects(this.truth, object);
    this.held[at] = held;
    this.#send(at, held);
  }

  #send(from: number, {bytes}: Held): void {
    const others = OWNERS.filter(to => to !== from);
    this.onTheWay.push(...others.map(to => ({to, bytes})));
  }

  #move(kind: 'deliver' | 'repeat' | 'lose' | 'keep' | 'hint', which: number): void {
    const from = kind === 'hint' ? this.hints : this.onTheWay;
    const message = from[which % Math.max(1, from.length)];
    if (message === undefined) {
      return;
    }

    if (kind !== 'repeat') {
      from.splice(from.indexOf(message), 1);
    }

    if (kind === 'keep') {
      this.hints.push(message);
      this.kept += 1;
    } else if (kind !== 'lose') {
      this.#merge(message.to, message.bytes);
    }
  }

  #merge(at: number, bytes: Uint8Array): void {
    const theirs = readPeerObject(NAME, bytes);
    if (theirs !== null) {
      this.held[at] = mergeHeld(this.held[at] ?? null, theirs, 0);
    }
  }

  /** Repair sees weights, and so it never sends what is marked. */
  #exchange(at: number, other: number): void {
    const [mine, theirs] = [this.held[at] ?? null, this.held[other] ?? null];
    if (same(mine?.weight ?? null, theirs?.weight ?? null)) {
      return;
    }

    if (theirs !== null && !theirs.isMarked) {
      this.#merge(at, theirs.bytes);
    }

    if (mine !== null && !mine.isMarked) {
      this.#merge(other, mine.bytes);
    }
  }

  /** What the two hold, merged, leaves for the one that holds less. */
  #read(at: number, other: number): void {
    const found = [this.held[at] ?? null, this.held[other] ?? null];
    const [first = null, second = null] = found;
    if (first !== null && second !== null) {
      const merged = hold(NAME, mergeObjects(first.object, second.object));
      this.onTheWay.push({to: at, bytes: merged.bytes}, {to: other, bytes: merged.bytes});
    } else if (first !== null && !isDeleted(first.object)) {
      this.onTheWay.push({to: other, bytes: first.bytes});
    }
  }
}

function same(a: Hash64 | null, b: Hash64 | null): boolean {
  return a?.hi === b?.hi && a?.lo === b?.lo;
}

function shownBy(object: StoredObject | null | undefined): string[] {
  return (object === null || object === undefined ? [] : liveSiblings(object))
    .map(({value}) => Buffer.from(value).toString())
    .toSorted();
}
