/**
 * The purge against a model: three owners of one key, objects on their way between them, and hints.
 * Whatever is written, deleted, merged, lost, kept for later, marked and removed in whatever order:
 * in the end the owners show exactly what they would if nothing had ever been removed.
 */
import {fc, testProp} from '@fast-check/ava';
import test from 'ava';
import {decidePurge, type PurgeStep} from '../../actors/vnode/decide-purge.js';
import {mergeHeld, readPeerObject} from '../../actors/vnode/decide.js';
import {mergeObjects} from '../../src/causality/merge.js';
import type {StoredObject} from '../../src/causality/object.js';
import {isDeleted, liveSiblings} from '../../src/causality/siblings.js';
import {EMPTY_VECTOR} from '../../src/causality/version-vector.js';
import {applyWrite, highestHlc} from '../../src/causality/write.js';
import type {Hash64} from '../../src/merkle/object-hash.js';
import {hold, type Held} from '../../src/store/held.js';

const OWNERS = [0, 1, 2] as const;
const NAME = 'b.k';

type Step =
  | {readonly kind: 'put' | 'del'; readonly at: number; readonly isBlind: boolean}
  | {readonly kind: 'deliver' | 'repeat' | 'lose' | 'keep' | 'hint'; readonly which: number}
  | {readonly kind: 'exchange' | 'read'; readonly at: number; readonly other: number}
  | {readonly kind: 'purge'; readonly steps: number}
  /** All that is on its way arrives; or whoever leads the purge is started anew. */
  | {readonly kind: 'arrive' | 'forget'};

const owner = fc.nat({max: 2});
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constantFrom('put' as const, 'del', 'del'),
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
  {
    weight: 8,
    arbitrary: fc.record({kind: fc.constant('purge' as const), steps: fc.nat({max: 12})}),
  },
  {weight: 3, arbitrary: fc.record({kind: fc.constantFrom('arrive' as const, 'arrive', 'forget')})},
);

type Message = {readonly to: number; readonly bytes: Uint8Array};

/** Where a round of the purge is. */
type Round =
  | {readonly phase: 'check' | 'mark' | 'verify' | 'remove'; next: number; readonly hash: Hash64}
  | {readonly phase: 'settle'; readonly before: ReadonlySet<Message>; readonly hash: Hash64};

class Model {
  readonly held: Array<Held | null> = [null, null, null];
  /** All that was ever written, merged: what there would be if nothing was removed. */
  truth: StoredObject | null = null;
  removed = 0;
  #onTheWay: Message[] = [];
  #hints: Message[] = [];
  #round: Round | null = null;
  #counters = [0, 0, 0];

  /** A purge by timer asks nobody whether anything older is left. */
  constructor(private readonly isByTimer: boolean) {}

  take(one: Step): void {
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
      case 'purge':
        for (let left = one.steps; left >= 0; left -= 1) {
          this.#purge();
        }

        break;
      case 'arrive':
        this.#onTheWay.splice(0).forEach(({to, bytes}) => this.#merge(to, bytes));
        break;
      case 'forget':
        this.#round = null;
        break;
      default:
        this.#move(one.kind, one.which);
    }
  }

  /** Nothing is lost any more, and the owners are compared until they are equal. */
  settle(): void {
    for (const {to, bytes} of [...this.#onTheWay.splice(0), ...this.#hints.splice(0)]) {
      this.#merge(to, bytes);
    }

    for (let round = 0; round < 4; round += 1) {
      OWNERS.forEach(at => this.#exchange(at, (at + 1) % 3));
    }
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
      {dot: {incarnation: `i${at}`, counter}, hlc},
    );
    const held = hold(NAME, object);
    this.truth = this.truth === null ? object : mergeObjects(this.truth, object);
    this.held[at] = held;
    this.#send(at, held);
  }

  #send(from: number, {bytes}: Held): void {
    const others = OWNERS.filter(to => to !== from);
    this.#onTheWay.push(...others.map(to => ({to, bytes})));
  }

  #move(kind: 'deliver' | 'repeat' | 'lose' | 'keep' | 'hint', which: number): void {
    const from = kind === 'hint' ? this.#hints : this.#onTheWay;
    const message = from[which % Math.max(1, from.length)];
    if (message === undefined) {
      return;
    }

    if (kind !== 'repeat') {
      from.splice(from.indexOf(message), 1);
    }

    if (kind === 'keep') {
      this.#hints.push(message);
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
      this.#onTheWay.push({to: at, bytes: merged.bytes}, {to: other, bytes: merged.bytes});
    } else if (first !== null && !isDeleted(first.object)) {
      this.#onTheWay.push({to: other, bytes: first.bytes});
    }
  }

  #purge(): void {
    const round = this.#round;
    const own = this.held[0] ?? null;
    if (round === null) {
      this.#round =
        own !== null && isDeleted(own.object) ? {phase: 'check', next: 0, hash: own.hash} : null;
    } else if (round.phase === 'settle') {
      this.#pass(round);
    } else {
      const asked: PurgeStep = round.phase === 'verify' ? 'check' : round.phase;
      // Whoever leads is the last to remove: that tells that something is left to do.
      const at = round.phase === 'remove' ? 2 - round.next : round.next;
      const mine = this.held[at] ?? null;
      const {answer, next} = decidePurge(asked, mine, round.hash);
      this.removed += mine !== null && next === null ? 1 : 0;
      this.held[at] = next;
      const isWrong = answer === 'differs' || (round.phase === 'verify' && answer === 'equal');
      round.next += 1;
      this.#round = isWrong ? null : round.next < 3 ? round : this.#after(round);
    }
  }

  #after({phase, hash}: Round): Round | null {
    switch (phase) {
      case 'check':
        return {phase: 'mark', next: 0, hash};
      case 'mark':
        return this.isByTimer
          ? {phase: 'remove', next: 0, hash}
          : {phase: 'settle', before: new Set(this.#onTheWay), hash};
      case 'verify':
        return {phase: 'remove', next: 0, hash};
      default:
        return null;
    }
  }

  /** All that was on its way has arrived, somewhere, and then nobody keeps anything. */
  #pass({before, hash}: Extract<Round, {readonly phase: 'settle'}>): void {
    if (!this.#onTheWay.some(message => before.has(message))) {
      this.#round = this.#hints.length === 0 ? {phase: 'verify', next: 0, hash} : null;
    }
  }
}

function same(a: Hash64 | null, b: Hash64 | null): boolean {
  return a?.hi === b?.hi && a?.lo === b?.lo;
}

const shownBy = (object: StoredObject | null | undefined) =>
  (object === null || object === undefined ? [] : liveSiblings(object))
    .map(({value}) => Buffer.from(value).toString())
    .toSorted();

function isRight(steps: readonly Step[], isByTimer: boolean): boolean {
  const model = new Model(isByTimer);
  steps.forEach(one => model.take(one));
  model.settle();
  const expected = shownBy(model.truth).join();
  return model.held.every(held => shownBy(held?.object).join() === expected);
}

testProp(
  'purge: a deleted key never returns, and nothing newer is lost, whatever happens in between',
  [fc.array(step, {maxLength: 60, size: 'max'})],
  (t, steps) => {
    t.true(isRight(steps, false));
  },
  {numRuns: 3_000},
);

test('purge: the model catches a purge by timer', t => {
  const steps = fc.array(step, {maxLength: 60, size: 'max'});
  const property = fc.property(steps, one => isRight(one, true));
  t.true(fc.check(property, {numRuns: 3_000, seed: 1}).failed);
});

test('purge: the model does remove what was deleted', t => {
  const model = new Model(false);
  const steps: Step[] = [
    {kind: 'put', at: 0, isBlind: false},
    {kind: 'del', at: 0, isBlind: false},
    ...Array.from({length: 4}, () => ({kind: 'deliver', which: 0}) as const),
    {kind: 'purge', steps: 20},
  ];
  steps.forEach(one => model.take(one));
  t.is(model.removed, 3);
  t.deepEqual(model.held, [null, null, null]);
});
