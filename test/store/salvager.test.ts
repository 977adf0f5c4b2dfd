import test from 'ava';
import {MerkleTree} from '../../src/merkle/tree.js';
import type {Entry} from '../../src/ports/storage.js';
import {encodeIdentity} from '../../src/store/identity.js';
import {
  identityKey,
  journalKey,
  objectKey,
  pageKey,
  placeOfKey,
  topologyKey,
} from '../../src/store/layout.js';
import {openPage, loadPage} from '../../src/store/leaf-records.js';
import {sealRecord} from '../../src/store/record.js';
import {StoreSalvager} from '../../src/store/salvager.js';
import {heldOf} from '../helpers/held.js';

const record = (key: Uint8Array, content: Uint8Array): Entry => ({
  key,
  value: sealRecord(key, content),
});
const identity = {incarnation: 'a', leasedUpTo: 1, isSealed: true};
const object = (partition: number, name: string) =>
  record(objectKey(partition, name), heldOf(name, 'x').bytes);

test('salvager: objects, the topology and records of unknown kinds go into the new store', t => {
  const salvager = new StoreSalvager(() => {});
  const unknown = record(Buffer.from('h1'), Buffer.from('a hint'));
  for (const entry of [object(3, 'b.k'), record(topologyKey(), Buffer.from('{}')), unknown]) {
    t.true(salvager.isWhole(entry.key, entry.value));
    t.true(salvager.keep(entry));
  }
});

test('salvager: identities, Merkle pages and their journal do not', t => {
  const salvager = new StoreSalvager(() => {});
  for (const [key, content] of [
    [identityKey(3), encodeIdentity(identity)],
    [pageKey(3, 1), new Uint8Array(256)],
    [journalKey(1), new Uint8Array(6)],
  ] as const) {
    t.false(salvager.keep(record(key, content)));
  }
});

test('salvager: one flipped bit anywhere makes a record none', t => {
  const salvager = new StoreSalvager(() => {});
  const {key, value} = object(3, 'b.k');
  for (let bit = 0; bit < value.length * 8; bit += 1) {
    const flipped = Uint8Array.from(value);
    flipped[bit >> 3]! ^= 1 << (bit & 7);
    t.false(salvager.isWhole(key, flipped));
  }
  t.false(salvager.isWhole(objectKey(4, 'b.k'), value));
});

test('salvager: an object that cannot be decoded is left out', t => {
  const key = objectKey(3, 'b.k');
  t.false(new StoreSalvager(() => {}).keep(record(key, Buffer.from('no object'))));
});

test('salvager: the Merkle pages tell of the objects that were kept, and of no other', t => {
  const salvager = new StoreSalvager(() => {});
  const expected = new MerkleTree();
  for (const name of ['b.k', 'b.l', 'b.m']) {
    const {leaf} = placeOfKey(objectKey(3, name)) as {leaf: number};
    salvager.keep(object(3, name));
    expected.update(leaf, null, heldOf(name, 'x').hash);
  }

  const rebuilt = new MerkleTree();
  for (const {key, value} of salvager.finish()) {
    const place = placeOfKey(key);
    const page = value === null ? null : openPage({key, value});
    t.true(place?.kind === 'page' && place.partition === 3 && page !== null);
    if (place?.kind === 'page' && page !== null) {
      loadPage(rebuilt, place.branch, page);
    }
  }
  t.deepEqual(rebuilt.root(), expected.root());
});
