import {fc, testProp} from '@fast-check/ava';
import test from 'ava';
import {OBJECT_HASH_VERSION} from '../../src/merkle/object-hash.js';
import {pack} from '../../src/wire/pack.js';
import {
  decodeCopies,
  decodeLeavesAsked,
  decodeListAsked,
  decodeListTold,
  decodePullAsked,
  decodePullTold,
  decodeRootsAsked,
  decodeRootsTold,
  decodeSketchesAsked,
  encodeCopies,
  encodeLeavesAsked,
  encodeListAsked,
  encodeListTold,
  encodePullAsked,
  encodePullTold,
  encodeRootsAsked,
  encodeRootsTold,
  encodeSketchesAsked,
  packHashes,
  unpackHashes,
} from '../../src/wire/repair-questions.js';

const hash = {hi: 0xffffffff, lo: 7};
const page = {last: 'users.alice', isEnd: false};

test('questions of repair: each comes back as it was', t => {
  const standing = {isJoining: true, isVirgin: false, hasFounded: true};
  const listAsked = {copies: 3, leaf: 1_023, after: 'users.bob'};
  const listTold = {...page, elements: [{name: hash, object: {hi: 1, lo: 2}}]};
  const pullTold = {...page, sent: 64, failed: 1, bytes: 9_000};
  t.deepEqual(decodeRootsAsked(encodeRootsAsked([2, 3])), [2, 3]);
  t.deepEqual(decodeRootsTold(encodeRootsTold({...standing, roots: [hash]}), 1), {
    ...standing,
    roots: [hash],
  });
  t.is(decodeCopies(encodeCopies(15)), 15);
  const leaves = {copies: 3, branches: [0, 31]};
  t.deepEqual(decodeLeavesAsked(encodeLeavesAsked(leaves)), leaves);
  const sketches = {copies: 3, cells: 24, leaves: [0, 1_023]};
  t.deepEqual(decodeSketchesAsked(encodeSketchesAsked(sketches)), sketches);
  t.deepEqual(decodeListAsked(encodeListAsked(listAsked)), listAsked);
  t.deepEqual(decodeListTold(encodeListTold(listTold)), listTold);
  const pullAsked = {...listAsked, names: [hash]};
  t.deepEqual(decodePullAsked(encodePullAsked(pullAsked)), pullAsked);
  t.deepEqual(decodePullTold(encodePullTold(pullTold)), pullTold);
  t.deepEqual(unpackHashes(packHashes([hash, hash]), 2), [hash, hash]);
});

test('questions of repair: trees that are hashed in another way are never compared', t => {
  t.is(decodeRootsAsked(pack([OBJECT_HASH_VERSION + 1, [3]])), 'version');
});

test('questions of repair: what is out of range is nothing', t => {
  t.is(decodeCopies(pack([16])), null);
  t.is(decodeLeavesAsked(pack([3, [32]])), null);
  t.is(decodeSketchesAsked(pack([3, 1e9, [0]])), null);
  t.is(decodeSketchesAsked(pack([3, 24, [1_024]])), null);
  t.is(decodeListAsked(pack([3, -1, ''])), null);
  t.is(decodeRootsTold(pack([true, false, false, Buffer.alloc(9)]), 1), null);
});

testProp(
  'questions of repair: whatever the bytes are, they are read or refused, and never throw',
  [
    fc.oneof(
      fc.uint8Array(),
      fc.array(fc.anything()).map(parts => pack(parts)),
    ),
  ],
  (t, bytes) => {
    for (const decode of [
      decodeRootsAsked,
      decodeCopies,
      decodeLeavesAsked,
      decodeSketchesAsked,
      decodeListAsked,
      decodeListTold,
      decodePullAsked,
      decodePullTold,
    ]) {
      t.notThrows(() => decode(bytes));
    }

    t.notThrows(() => decodeRootsTold(bytes, 2));
  },
);
