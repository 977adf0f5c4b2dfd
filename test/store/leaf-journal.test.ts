import {fc, testProp} from '@fast-check/ava';
import test from 'ava';
import {LEAVES, MerkleTree} from '../../src/merkle/tree.js';
import type {StorageFailure} from '../../src/ports/storage.js';
import {SimClock} from '../../src/sim/clock.js';
import {SimDisk} from '../../src/sim/disk.js';
import {SimRandom} from '../../src/sim/random.js';
import {journalKey, pageKey} from '../../src/store/layout.js';
import {LeafJournal} from '../../src/store/leaf-journal.js';
import {restoreVnode} from '../../src/store/restore.js';

const SLOTS = 4;
const PARTITIONS = [3, 4];

function setUp() {
  const clock = new SimClock();
  const random = new SimRandom(1);
  const disk = new SimDisk(random.stream('crash'));
  const pass = () => clock.run(clock.nowMs() + 1_000);
  let storage = disk.storage(clock, random.stream('disk'));
  let leaves = new LeafJournal(SLOTS);
  let loaded: StorageFailure | null | undefined;
  const open = () => {
    disk.crash({loseUnsynced: false});
    storage = disk.storage(clock, random.stream('disk'));
    leaves = new LeafJournal(SLOTS);
    storage.open(() => {});
    pass();
    leaves.load(storage, failure => {
      loaded = failure;
    });
    pass();
  };

  open();
  return {
    disk,
    clock,
    pass,
    open,
    now: () => ({storage, leaves, loaded}),
    /** Writes the given leaves of the trees. */
    commit: (trees: Trees, places: ReadonlyArray<readonly [number, number]>) => {
      const writes = places.map(([partition, leaf]) => ({
        partition,
        leaf,
        tree: trees.get(partition)!,
      }));
      const operations = leaves.begin(new Map(writes.map((write, i) => [String(i), write])));
      storage.commit(operations, {sync: true}, failure => {
        if (failure !== null) {
          leaves.load(storage, () => {});
        }
      });
      pass();
      return operations;
    },
    restored: (): Trees => {
      const trees: Trees = emptyTrees();
      for (const [partition, tree] of trees) {
        restoreVnode({storage, leaves}, partition, tree, () => {});
      }

      pass();
      return trees;
    },
  };
}

type Trees = Map<number, MerkleTree>;
const emptyTrees = (): Trees => new Map(PARTITIONS.map(no => [no, new MerkleTree()]));

function copyOf(trees: Trees): Trees {
  const copies = emptyTrees();
  for (const [partition, tree] of trees) {
    for (let leaf = 0; leaf < LEAVES; leaf += 1) {
      copies.get(partition)!.update(leaf, null, tree.leafHash(leaf));
    }
  }

  return copies;
}

function leavesOf(trees: Trees): string[] {
  return [...trees].flatMap(([partition, tree]) =>
    Array.from({length: LEAVES}, (_, leaf) => tree.leafHash(leaf)).flatMap(({hi, lo}, leaf) =>
      hi === 0 && lo === 0 ? [] : [`${partition}/${leaf} ${hi} ${lo}`],
    ),
  );
}

const place = fc.tuple(fc.constantFrom(...PARTITIONS), fc.constantFrom(0, 1, 31, 32, 70, 1_023));
const step = fc.record({
  places: fc.array(place, {maxLength: 4}),
  outcome: fc.constantFrom('succeed' as const, 'fail' as const, 'fail but apply' as const),
  crash: fc.boolean(),
});

testProp(
  'journal: after any commits, failed ones among them, and a crash anywhere, all leaves are back',
  [fc.array(step, {minLength: 1, maxLength: 30})],
  (t, steps) => {
    const bed = setUp();
    let trees = emptyTrees();
    for (const [index, {places, outcome, crash}] of steps.entries()) {
      const before = copyOf(trees);
      for (const [partition, leaf] of places) {
        trees.get(partition)!.update(leaf, null, {hi: index + 1, lo: leaf + 7});
      }

      if (outcome !== 'succeed') {
        bed.disk.failNextCommit('FULL', {applied: outcome === 'fail but apply'});
      }

      bed.commit(trees, places);
      bed.disk.heal();
      trees = outcome === 'fail' ? before : trees;
      if (crash) {
        bed.open();
        t.is(bed.now().loaded, null);
      }

      t.deepEqual(leavesOf(bed.restored()), leavesOf(trees));
    }
  },
);

test('journal: a page is written when the slot of its first change comes round', t => {
  const {commit} = setUp();
  const trees = emptyTrees();
  const kinds = Array.from({length: 6}, (_, index) =>
    commit(trees, [[3, index === 0 ? 40 : 0]]).map(({key}) => Buffer.from(key).toString('hex')),
  );
  const slot = (number: number) => Buffer.from(journalKey(number)).toString('hex');
  const page = (branch: number) => Buffer.from(pageKey(3, branch)).toString('hex');
  t.deepEqual(kinds, [
    [slot(1)],
    [slot(2)],
    [slot(3)],
    [slot(0)],
    [page(1), slot(1)],
    [page(0), slot(2)],
  ]);
});

test('journal: a commit without objects writes nothing along', t => {
  const {commit} = setUp();
  t.deepEqual(commit(emptyTrees(), []), []);
});

test('journal: a damaged record of changes, or a damaged page under one, is reported', t => {
  const bed = setUp();
  const trees = emptyTrees();
  for (let index = 0; index < 6; index += 1) {
    bed.commit(trees, [[3, 0]]);
  }

  const {storage} = bed.now();
  for (const key of [pageKey(3, 0), journalKey(1)]) {
    storage.commit([{key, value: Buffer.from('damage')}], {sync: true}, () => {});
    bed.pass();
    bed.open();
    t.is(bed.now().loaded?.code, 'CORRUPT');
  }
});

test('journal: a vnode that restores while a commit writes its page ends with its leaves', t => {
  const bed = setUp();
  const trees = emptyTrees();
  trees.get(3)!.update(0, null, {hi: 1, lo: 2});
  bed.commit(trees, [[3, 0]]);
  for (let index = 0; index < SLOTS - 1; index += 1) {
    trees.get(4)!.update(0, null, {hi: 3 + index, lo: 4});
    bed.commit(trees, [[4, 0]]);
  }

  // The next commit overwrites the slot with partition 3's change, and writes its page instead.
  const {storage, leaves} = bed.now();
  const write = {partition: 4, leaf: 0, tree: trees.get(4)!};
  const operations = leaves.begin(new Map([['other', write]]));
  const restored = new MerkleTree();
  restoreVnode({storage, leaves}, 3, restored, () => {});
  bed.pass();
  storage.commit(operations, {sync: true}, () => {});
  bed.pass();
  t.deepEqual(restored.leafHash(0), {hi: 1, lo: 2});
});

test('journal: a vnode that restores while the slots are read anew ends with its leaves', t => {
  const bed = setUp();
  const trees = emptyTrees();
  trees.get(3)!.update(0, null, {hi: 1, lo: 2});
  bed.commit(trees, [[3, 0]]);
  const {storage, leaves} = bed.now();
  for (let fortieth = 0; fortieth < 40; fortieth += 1) {
    const again = new MerkleTree();
    leaves.load(storage, () => {});
    bed.clock.run(bed.clock.nowMs() + fortieth / 40);
    restoreVnode({storage, leaves}, 3, again, () => {});
    bed.pass();
    t.deepEqual(again.leafHash(0), {hi: 1, lo: 2}, `after ${fortieth / 40} ms`);
  }
});
