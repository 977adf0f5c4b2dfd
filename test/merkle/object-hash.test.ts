import {testProp} from '@fast-check/ava';
import test from 'ava';
import {EMPTY_LIST} from '../../src/causality/id-list.js';
import * as fc from 'fast-check';
import type {StoredObject} from '../../src/causality/object.js';
import {nameHash, objectHash} from '../../src/merkle/object-hash.js';
import {LEAVES, leafOf} from '../../src/merkle/tree.js';
import {objects} from '../causality/model.js';

const KEYS = 200_000;

const object: StoredObject = {
  vector: [
    {incarnation: 'a', counter: 3},
    {incarnation: 'b', counter: 2},
  ],
  siblings: [
    {
      dots: [{incarnation: 'a', counter: 3}],
      hlc: 1,
      id: '',
      tombstone: false,
      deflated: false,
      value: new Uint8Array([1]),
    },
  ],
  retired: EMPTY_LIST,
};

const [sibling] = object.siblings;

test('hash: differs in key, vector, dots present and tombstone', t => {
  const others: Array<[string, StoredObject]> = [
    ['k', object],
    ['l', object],
    ['k', {...object, vector: [{incarnation: 'a', counter: 3}]}],
    ['k', {...object, vector: [{incarnation: 'a', counter: 3 + 2 ** 32}, object.vector[1]!]}],
    ['k', {...object, vector: [object.vector[0]!, {incarnation: 'c', counter: 2}]}],
    ['k', {...object, siblings: [{...sibling!, dots: [{incarnation: 'a', counter: 2}]}]}],
    ['k', {...object, siblings: [{...sibling!, dots: object.vector}]}],
    ['k', {...object, siblings: [{...sibling!, tombstone: true}]}],
    ['k', {...object, siblings: []}],
  ];
  const hashes = others.map(([name, other]) => JSON.stringify(objectHash(name, other)));
  t.is(new Set(hashes).size, others.length);
});

testProp(
  'hash: does not depend on values, stamps, compression or retired ids',
  [objects, fc.uint8Array(), fc.nat()],
  (t, any, value, hlc) => {
    const siblings = any.siblings.map(s => ({...s, value, hlc, deflated: true}));
    t.deepEqual(objectHash('k', {...any, siblings, retired: EMPTY_LIST}), objectHash('k', any));
  },
);

testProp('hash: is two unsigned 32-bit numbers', [objects, fc.string()], (t, any, name) => {
  const {hi, lo} = objectHash(name, any);
  t.true(hi >>> 0 === hi && lo >>> 0 === lo);
});

// A change of the hash makes trees of two releases differ in every key, so it must be meant.
test('hash: stays what it is within one version', t => {
  t.deepEqual(objectHash('users.alice', object), {hi: 958_117_557, lo: 4_187_649_944});
});

test('hash: 200,000 keys have 200,000 hashes, and neither half is weak', t => {
  const full = new Set<bigint>();
  const halves = [new Set<number>(), new Set<number>()] as const;
  for (let i = 0; i < KEYS; i += 1) {
    const {hi, lo} = objectHash(`users.user${i}`, object);
    full.add((BigInt(hi) << 32n) | BigInt(lo));
    halves[0].add(hi);
    halves[1].add(lo);
  }

  t.is(full.size, KEYS);
  // By chance 4.7 pairs of 200,000 meet in 32 bits.
  t.true(halves.every(half => KEYS - half.size < 20));
});

test('hash: 200,000 counters of one key have 200,000 hashes', t => {
  const full = new Set<bigint>();
  for (let counter = 1; counter <= KEYS; counter += 1) {
    const {hi, lo} = objectHash('k', {...object, vector: [{incarnation: 'a', counter}]});
    full.add((BigInt(hi) << 32n) | BigInt(lo));
  }

  t.is(full.size, KEYS);
});

test('hash: leaves are balanced', t => {
  const counts = new Uint32Array(LEAVES);
  for (let i = 0; i < KEYS; i += 1) {
    counts[leafOf(nameHash(`users.user${i}`))]! += 1;
  }

  // 195 on average, with a standard deviation of 14.
  t.true(Math.min(...counts) > 195 - 6 * 14 && Math.max(...counts) < 195 + 6 * 14);
});
