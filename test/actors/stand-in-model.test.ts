/**
 * A stand-in against a model: whatever is kept, stamped, delivered, failed, crashed and started
 * anew in whatever order, the owner ends with every write that was acknowledged, or that it ever
 * had. All writes are blind, so none may supersede another.
 */
import {fc, testProp} from '@fast-check/ava';
import {mergeObjects} from '../../src/causality/merge.js';
import type {StoredObject} from '../../src/causality/object.js';
import {EMPTY_VECTOR} from '../../src/causality/version-vector.js';
import type {Held} from '../../src/store/held.js';
import {StorageFailure} from '../../src/ports/storage.js';
import {valuesOf} from '../helpers/held.js';
import {PARTITION, startHints, type HintsBed} from '../helpers/hints-bed.js';
import {startStore} from '../helpers/store-bed.js';

type Step =
  | {readonly kind: 'keep' | 'standIn' | 'hand' | 'acknowledge'; readonly name: string}
  | {readonly kind: 'fail'; readonly applied: boolean}
  | {readonly kind: 'pass'; readonly ms: number}
  /** What a stand-in decided reached the owner by another way. */
  | {readonly kind: 'reach'}
  | {readonly kind: 'crash'; readonly loseUnsynced: boolean};

const name = fc.constantFrom('a', 'b');
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constantFrom('keep' as const, 'standIn', 'standIn', 'hand', 'hand', 'acknowledge'),
      name,
    }),
  },
  {weight: 4, arbitrary: fc.record({kind: fc.constant('pass' as const), ms: fc.nat({max: 30})})},
  {weight: 2, arbitrary: fc.record({kind: fc.constant('reach' as const)})},
  {weight: 1, arbitrary: fc.record({kind: fc.constant('fail' as const), applied: fc.boolean()})},
  {
    weight: 1,
    arbitrary: fc.record({kind: fc.constant('crash' as const), loseUnsynced: fc.boolean()}),
  },
);

class Model {
  #bed: HintsBed = startHints({owners: ['h1']});
  /** What the owner holds, which never forgets. */
  readonly owned = new Map<string, StoredObject>();
  /** Values of acknowledged writes, and of those that the owner ever had. */
  readonly expected = new Set<string>();
  #written = 0;
  /** Answers of the owner that are on their way, each to be given at most once. */
  #answers: Array<() => void> = [];

  take(one: Step): void {
    const bed = this.#bed;
    switch (one.kind) {
      case 'keep':
      case 'standIn':
        this.#write(one.kind, one.name);
        break;
      case 'hand':
        this.#hand(one.name);
        break;
      case 'acknowledge':
        this.#answers.shift()?.();
        break;
      case 'fail':
        bed.disk.failNextCommit('FULL', {applied: one.applied});
        break;
      case 'reach':
        bed.decided.splice(0).forEach(held => this.#own(held));
        break;
      case 'pass':
        bed.pass(one.ms);
        break;
      case 'crash':
        this.#crash(one.loseUnsynced);
        break;
    }

    this.#note();
  }

  /** Nothing goes wrong any more, and the owner takes all that is left. */
  settle(): void {
    this.#bed.disk.heal();
    this.#bed.pass(2_000);
    for (const one of ['a', 'b', 'a', 'b']) {
      this.#hand(one);
      this.#bed.pass();
      this.#answers.splice(0).forEach(answer => answer());
      this.#bed.pass();
    }

    this.#note();
  }

  get left(): readonly string[] {
    return this.#bed.onDisk();
  }

  #write(kind: 'keep' | 'standIn', key: string): void {
    this.#written += 1;
    const value = `${key}${this.#written}`;
    if (kind === 'keep') {
      this.#bed.keep(value, key, value, {incarnation: `writer ${this.#written}`});
    } else {
      this.#bed.standIn(value, key, value, {cover: EMPTY_VECTOR});
    }
  }

  #hand(key: string): void {
    const {keeper} = this.#bed.effects;
    const entry = keeper.index.find(PARTITION, key);
    if (entry === undefined || entry.pending !== null) {
      return;
    }

    const {version} = entry;
    keeper.shelf.load(entry, loaded => {
      if (loaded === null || loaded instanceof StorageFailure) {
        return;
      }

      this.#own(loaded);
      this.#answers.push(() => keeper.delivered('h1', entry, version));
    });
  }

  #own({name: key, object}: Held): void {
    const before = this.owned.get(key);
    this.owned.set(key, before === undefined ? object : mergeObjects(before, object));
    valuesOf(object).forEach(value => this.expected.add(String(value)));
  }

  #crash(loseUnsynced: boolean): void {
    this.#note();
    this.#bed.actor.stop();
    const {disk, clock, random} = this.#bed;
    disk.crash({loseUnsynced});
    this.#bed = startHints({bed: startStore(random, clock, disk), owners: ['h1']});
    this.#answers = [];
  }

  #note(): void {
    for (const line of this.#bed.lines.splice(0)) {
      const [value = '', outcome] = line.split(' ');
      if (outcome === 'done') {
        this.expected.add(value);
      }
    }
  }
}

testProp(
  'stand-in: every acknowledged write reaches its owner, through any failures in any order',
  [fc.array(step, {minLength: 1, maxLength: 60})],
  (t, steps) => {
    const model = new Model();
    steps.forEach(one => model.take(one));
    model.settle();
    t.deepEqual(model.left, []);
    const owned = [...model.owned.values()].flatMap(valuesOf);
    const lost = [...model.expected].filter(value => !owned.includes(value));
    t.deepEqual(lost, []);
  },
  {numRuns: 150},
);
