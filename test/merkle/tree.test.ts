import {testProp} from '@fast-check/ava';
import test from 'ava';
import * as fc from 'fast-check';
import type {Hash64} from '../../src/merkle/object-hash.js';
import {nameHash} from '../../src/merkle/object-hash.js';
import {BRANCHES, LEAF_BYTES, LEAVES, leafOf, MerkleTree} from '../../src/merkle/tree.js';

const nothing = {hi: 0, lo: 0};

/** The hash of a name stands in for that of an object. */
const put = (tree: MerkleTree, name: string) =>
  tree.update(leafOf(nameHash(name)), null, nameHash(name));

const treeOf = (names: readonly string[]) => {
  const tree = new MerkleTree();
  for (const name of names) {
    put(tree, name);
  }

  return tree;
};

const parts = (tree: MerkleTree): Hash64[] => [
  tree.root(),
  ...Array.from({length: BRANCHES}, (_, i) => tree.branch(i)),
  ...Array.from({length: LEAVES}, (_, i) => tree.leafHash(i)),
];

const keys = fc.uniqueArray(fc.string(), {maxLength: 50});

testProp(
  'tree: equal sets give equal trees, whatever the order',
  [
    keys.chain(names =>
      fc.tuple(fc.constant(names), fc.shuffledSubarray(names, {minLength: names.length})),
    ),
  ],
  (t, [names, shuffled]) => {
    t.deepEqual(parts(treeOf(names)), parts(treeOf(shuffled)));
  },
);

testProp(
  'tree: one more key changes its leaf, its branch and the root only',
  [keys],
  (t, names) => {
    const tree = treeOf(names);
    const before = parts(tree);
    put(tree, 'one more key that is long enough to be new');
    const after = parts(tree);
    t.is(before.filter(({hi, lo}, i) => hi !== after[i]!.hi || lo !== after[i]!.lo).length, 3);
  },
);

test('tree: a replaced hash leaves no trace, nor does a removed key', t => {
  const tree = treeOf(['a', 'b']);
  const leaf = leafOf(nameHash('c'));
  tree.update(leaf, null, nameHash('old'));
  tree.update(leaf, nameHash('old'), nameHash('c'));
  t.deepEqual(parts(tree), parts(treeOf(['c', 'b', 'a'])));
  tree.update(leaf, nameHash('c'), null);
  t.deepEqual(parts(tree), parts(treeOf(['a', 'b'])));
  t.deepEqual(new MerkleTree().root(), nothing);
});

test('tree: branches and root follow from the stored leaves', t => {
  const tree = treeOf(Array.from({length: 5000}, (_, i) => `key${i}`));
  const loaded = new MerkleTree();
  for (let i = 0; i < LEAVES; i += 1) {
    // As a store hands it out: a view somewhere inside a larger buffer.
    const padded = Buffer.alloc(LEAF_BYTES + 3);
    tree.writeLeaf(i, padded, 3);
    loaded.load(i, padded.subarray(3));
  }

  t.deepEqual(parts(loaded), parts(tree));
});

test('tree: a stored leaf is 64 bits, big-endian', t => {
  const tree = new MerkleTree();
  tree.update(5, null, {hi: 0x01020304, lo: 0xfffefdfc});
  const bytes = Buffer.alloc(LEAF_BYTES);
  tree.writeLeaf(5, bytes, 0);
  t.deepEqual([...bytes], [1, 2, 3, 4, 255, 254, 253, 252]);
  t.throws(() => tree.load(5, new Uint8Array(7)), {instanceOf: RangeError});
});
