/**
 * Several replicas of one key, and beside each an oracle that remembers every single try of every
 * write.
 *
 * The oracle's knowledge is three sets that only grow: what was seen, what was superseded, and
 * which try belongs to which write. Joining two oracles is set union, so it commutes, associates
 * and repeats by nature; what an object should be is read off the sets. The objects under test must
 * always equal that.
 */
import * as fc from 'fast-check';
import {compareDots} from '../../src/causality/dot.js';
import type {Dot} from '../../src/causality/dot.js';
import {EMPTY_LIST} from '../../src/causality/id-list.js';
import {retire} from '../../src/causality/retired.js';
import {mergeObjects} from '../../src/causality/merge.js';
import type {Sibling, StoredObject} from '../../src/causality/object.js';
import {EMPTY_VECTOR, mergeVectors} from '../../src/causality/version-vector.js';
import type {VersionVector} from '../../src/causality/version-vector.js';
import {applyWrite, findRetry, highestHlc} from '../../src/causality/write.js';

export type Step =
  | {
      kind: 'put';
      at: number;
      cover: 'everything' | 'nothing' | number;
      id: string;
      tombstone: boolean;
      skew: number;
    }
  | {kind: 'read'; from: readonly number[]}
  | {kind: 'merge'; from: number; to: number};

type Fact = {
  readonly dot: Dot;
  readonly hlc: number;
  readonly id: string;
  readonly tombstone: boolean;
};

/** Dots by their spelling. */
export type Oracle = {
  readonly seen: ReadonlyMap<string, Dot>;
  readonly dead: ReadonlySet<string>;
  readonly facts: ReadonlyMap<string, Fact>;
};

type Context = {
  readonly vector: VersionVector;
  readonly hlc: number;
  readonly seen: ReadonlyMap<string, Dot>;
};
type Replica = {readonly object: StoredObject | undefined; readonly oracle: Oracle};
type Held = {readonly object: StoredObject; readonly oracle: Oracle};

const BLANK: Oracle = {seen: new Map(), dead: new Set(), facts: new Map()};

export const REPLICAS = 5;
const replicaIndex = fc.nat({max: REPLICAS - 1});

const put = fc.record({
  kind: fc.constant('put' as const),
  at: replicaIndex,
  cover: fc.oneof(
    fc.constant('everything' as const),
    fc.constant('nothing' as const),
    fc.nat({max: 7}),
  ),
  id: fc.constantFrom('', '', 'p', 'q', 'r', 's'),
  tombstone: fc.boolean(),
  skew: fc.nat({max: 20}),
});
const read = fc.record({
  kind: fc.constant('read' as const),
  from: fc.uniqueArray(replicaIndex, {minLength: 1, maxLength: 3}),
});
const merge = fc.record({
  kind: fc.constant('merge' as const),
  from: replicaIndex,
  to: replicaIndex,
});

const anyStep = fc.oneof(
  {weight: 4, arbitrary: put},
  {weight: 2, arbitrary: read},
  {weight: 3, arbitrary: merge},
);

/** A put comes first, so that every history leaves something to compare. */
export const steps: fc.Arbitrary<Step[]> = fc
  .tuple(put, fc.array(anyStep, {maxLength: 30, size: 'max'}))
  .map(([first, rest]) => [first, ...rest]);

/** All that any replica ever held, one entry a step that changed something, in order. */
export function run(history: readonly Step[]): Held[] {
  const replicas: Replica[] = Array.from({length: REPLICAS}, () => ({
    object: undefined,
    oracle: BLANK,
  }));
  const contexts: Context[] = [];
  const held: Held[] = [];
  let counter = 0;
  for (const step of history) {
    if (step.kind === 'read') {
      contexts.push(contextOf(step.from.map(i => replicas[i]!)));
      continue;
    }

    const at = step.kind === 'put' ? step.at : step.to;
    counter += 1 + (step.kind === 'put' ? step.skew % 3 : 0);
    const next =
      step.kind === 'put'
        ? afterPut(replicas[at]!, step, {incarnation: `vnode${at}`, counter}, contexts)
        : afterMerge(replicas[at]!, replicas[step.from]!);
    if (next !== null) {
      replicas[at] = next;
      held.push(next);
    }
  }

  return held;
}

function afterPut(
  {object, oracle}: Replica,
  {cover, id, tombstone, skew}: Step & {kind: 'put'},
  dot: Dot,
  contexts: readonly Context[],
): Held | null {
  if (findRetry(object, id) !== undefined) {
    return null;
  }

  const context = typeof cover === 'number' ? contexts[cover % Math.max(contexts.length, 1)] : null;
  const coverHlc = context?.hlc ?? 0;
  const hlc = highestHlc(object, coverHlc) + 1 + skew;
  const vector = cover === 'everything' ? cover : (context?.vector ?? EMPTY_VECTOR);
  // One id stands for one request: the value follows from it.
  const isTombstone = id === '' ? tombstone : id === 's';
  const value = isTombstone ? new Uint8Array() : valueOf({id, dot});
  const intent = {cover: vector, coverHlc, id, tombstone: isTombstone, deflated: false, value};
  const covered = cover === 'everything' ? oracle.seen : (context?.seen ?? new Map<string, Dot>());
  return {
    object: applyWrite(object, intent, {dot, hlc}),
    oracle: oracleAfterPut(oracle, covered, {dot, hlc, id, tombstone: isTombstone}),
  };
}

function oracleAfterPut(
  {seen, dead, facts}: Oracle,
  covered: ReadonlyMap<string, Dot>,
  fact: Fact,
): Oracle {
  // Whoever saw one try of a write saw the write.
  const tries = [...facts.values()].filter(({dot}) => !dead.has(spell(dot)));
  const seenIds = new Set(tries.filter(({dot}) => covered.has(spell(dot))).map(({id}) => id));
  seenIds.delete('');
  const alsoDead = tries.filter(({id}) => seenIds.has(id)).map(({dot}) => spell(dot));
  const name = spell(fact.dot);
  return {
    seen: new Map([...seen, ...covered, [name, fact.dot]]),
    dead: new Set([...dead, ...covered.keys(), ...alsoDead]),
    facts: new Map([...facts, [name, fact]]),
  };
}

function afterMerge(to: Replica, from: Replica): Held | null {
  if (from.object === undefined) {
    return null;
  }

  const object = to.object === undefined ? from.object : mergeObjects(to.object, from.object);
  return {object, oracle: join(to.oracle, from.oracle)};
}

export function join(a: Oracle, b: Oracle): Oracle {
  return {
    seen: new Map([...a.seen, ...b.seen]),
    dead: new Set([...a.dead, ...b.dead]),
    facts: new Map([...a.facts, ...b.facts]),
  };
}

function contextOf(replicas: readonly Replica[]): Context {
  let vector = EMPTY_VECTOR;
  let hlc = 0;
  let seen = new Map<string, Dot>();
  for (const {object, oracle} of replicas) {
    vector = mergeVectors(vector, object?.vector ?? EMPTY_VECTOR);
    hlc = highestHlc(object, hlc);
    seen = new Map([...seen, ...oracle.seen]);
  }

  return {vector, hlc, seen};
}

/** The object that an oracle's knowledge amounts to. */
export function objectOf({seen, dead, facts}: Oracle): StoredObject {
  const known = [...facts.values()].toSorted((a, b) => compareDots(a.dot, b.dot));
  const alive = known.filter(({dot}) => !dead.has(spell(dot)));
  const earliest = (id: string): number =>
    Math.min(...known.filter(fact => fact.id === id).map(({hlc}) => hlc));

  const siblings: Sibling[] = [];
  for (const fact of alive) {
    const {id, tombstone, dot} = fact;
    const tries = id === '' ? [fact] : alive.filter(other => other.id === id);
    if (tries[0] === fact) {
      const hlc = id === '' ? fact.hlc : earliest(id);
      const value = tombstone ? new Uint8Array() : valueOf({id, dot});
      siblings.push({dots: tries.map(t => t.dot), hlc, id, tombstone, deflated: false, value});
    }
  }

  const retiredIds = known
    .filter(({id, dot}) => id !== '' && dead.has(spell(dot)))
    .map(({id}) => id);
  const retired = retire(
    EMPTY_LIST,
    [...new Set(retiredIds)].map(id => ({id, hlc: earliest(id)})),
  );
  const vector = [...seen.values()].reduce<VersionVector>((v, dot) => mergeVectors(v, [dot]), []);
  return {vector, siblings, retired};
}

function valueOf({id, dot}: {id: string; dot: Dot}): Uint8Array {
  return new TextEncoder().encode(id === '' ? spell(dot) : id);
}

function spell({incarnation, counter}: Dot): string {
  return `${incarnation}:${counter}`;
}

/** Random objects that replicas can come to hold. */
export const objects: fc.Arbitrary<StoredObject> = steps.map(
  history => run(history).at(-1)!.object,
);
