import test from 'ava';
import type {MerkleTree} from '../../src/merkle/tree.js';
import {MerkleTree as Tree} from '../../src/merkle/tree.js';
import type {StorageFailure, WriteOperation} from '../../src/ports/storage.js';
import {SimClock} from '../../src/sim/clock.js';
import {SimDisk} from '../../src/sim/disk.js';
import {SimRandom} from '../../src/sim/random.js';
import {encodeIdentity, freshIdentity} from '../../src/store/identity.js';
import {identityKey, leafKey} from '../../src/store/layout.js';
import {sealRecord} from '../../src/store/record.js';
import {restoreVnode, type Restored} from '../../src/store/restore.js';

const random = new SimRandom(1);
const identity = freshIdentity(random);
const identityRecord = {
  key: identityKey(7),
  value: sealRecord(identityKey(7), encodeIdentity(identity)),
};

/** Restores partition 7 from a disk that holds `operations`. */
function restore(
  operations: readonly WriteOperation[],
  prepare: (disk: SimDisk) => void = () => {},
) {
  const clock = new SimClock();
  const disk = new SimDisk(random.stream('crash'));
  const storage = disk.storage(clock, random.stream('disk'));
  storage.open(() => {});
  clock.run(100);
  storage.commit(operations, {sync: true}, () => {});
  clock.run(200);
  prepare(disk);
  const tree: MerkleTree = new Tree();
  const ends: Array<{failure: StorageFailure | null; restored: Restored}> = [];
  restoreVnode(storage, 7, tree, (failure, restored) => ends.push({failure, restored}));
  clock.run(1_000);
  return {tree, ends};
}

test('restore: a vnode finds who it was and its own leaves, not its neighbours', t => {
  const stored = new Tree();
  stored.update(5, null, {hi: 1, lo: 2});
  const {tree, ends} = restore([
    identityRecord,
    {key: leafKey(7, 5), value: stored.leaf(5)},
    {key: leafKey(8, 5), value: stored.leaf(5)},
    {key: leafKey(6, 9), value: stored.leaf(5)},
  ]);
  t.deepEqual(ends, [{failure: null, restored: {identity}}]);
  t.deepEqual(tree.root(), stored.root());
});

test('restore: where nothing is stored there is no identity and an empty tree', t => {
  const {tree, ends} = restore([{key: leafKey(8, 5), value: new Uint8Array(8)}]);
  t.deepEqual(ends, [{failure: null, restored: {identity: null}}]);
  t.deepEqual(tree.root(), {hi: 0, lo: 0});
});

test('restore: an identity that cannot be read is none, so that a new one is taken', t => {
  const value = Buffer.from(identityRecord.value);
  value[7] = (value[7] ?? 0) ^ 1;
  const {ends} = restore([{key: identityKey(7), value}]);
  t.deepEqual(ends, [{failure: null, restored: {identity: null}}]);
});

test('restore: a disk that cannot be read is a failure', t => {
  const {ends} = restore([identityRecord], disk => disk.failReads('IO'));
  t.deepEqual(
    ends.map(({failure}) => failure?.code),
    ['IO'],
  );
});

test('restore: a leaf of the wrong size is damage, reported and not thrown', t => {
  const {ends} = restore([identityRecord, {key: leafKey(7, 5), value: Buffer.from('short')}]);
  t.deepEqual(
    ends.map(({failure}) => failure?.code),
    ['CORRUPT'],
  );
});
