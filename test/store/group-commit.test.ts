import {fc, testProp} from '@fast-check/ava';
import test from 'ava';
import {MerkleTree} from '../../src/merkle/tree.js';
import {StorageFailure} from '../../src/ports/storage.js';
import {GroupCommit, type ObjectWrite} from '../../src/store/group-commit.js';
import {journalKey, objectKey} from '../../src/store/layout.js';
import {eachChange, openChanges, type LeafPlace} from '../../src/store/leaf-records.js';
import {openRecord} from '../../src/store/record.js';
import {heldOf} from '../helpers/held.js';

const bounds = {operationsMax: 1_000, bytesMax: 1_000_000};
const ioFailure = new StorageFailure('IO', 'refused');
const ignore = () => undefined;

const writeOf = (name: string, value: string, partition = 1, leaf = 3): ObjectWrite => ({
  partition,
  copies: 3,
  name,
  held: heldOf(name, value),
  leaf,
  tree: new MerkleTree(),
});

/** A group whose waiters write down what they hear. */
const setUp = (over: Partial<typeof bounds> = {}) => {
  const heard: string[] = [];
  let gathered = 0;
  const group = new GroupCommit({...bounds, ...over}, () => {
    gathered += 1;
  });
  const waiter = (name: string) => (failure: StorageFailure | null) => {
    heard.push(`${name} ${failure === null ? 'durable' : failure.code}`);
  };
  return {group, heard, waiter, gatherings: () => gathered};
};

test('group: a waiter hears of its write once its batch has ended, never before', t => {
  const {group, heard, waiter} = setUp();
  group.addObject(writeOf('a', '1'), waiter('a'));
  group.begin();
  group.addObject(writeOf('b', '2'), waiter('b'));
  t.deepEqual(heard, []);
  group.succeed(ignore);
  t.deepEqual(heard, ['a durable']);
  group.begin();
  group.succeed(ignore);
  t.deepEqual(heard, ['a durable', 'b durable']);
});

test('group: an object, its leaf and the lease of its vnode travel in one batch', t => {
  const {group} = setUp();
  const write = writeOf('a', 'x');
  const leaseKey = Buffer.from('lease');
  group.addRecord(leaseKey, Buffer.from('L'), ignore);
  group.addObject(write, ignore);
  const operations = new Map(
    group.begin().map(({key, value}) => [Buffer.from(key).toString('hex'), value]),
  );
  const valueOf = (key: Uint8Array) => operations.get(Buffer.from(key).toString('hex')) ?? null;

  t.is(operations.size, 3);
  const lease = openRecord(leaseKey, valueOf(leaseKey) ?? new Uint8Array());
  t.is(Buffer.from(lease ?? []).toString(), 'L');
  const key = objectKey(1, 'a', 3);
  t.deepEqual(
    Buffer.from(openRecord(key, valueOf(key) ?? new Uint8Array()) ?? []),
    Buffer.from(write.held!.bytes),
  );
  const changes = openChanges({key: journalKey(1), value: valueOf(journalKey(1)) ?? Buffer.of()});
  const places: LeafPlace[] = [];
  eachChange(changes ?? Buffer.of(), place => places.push(place));
  t.deepEqual(places, [{partition: 1, copies: 3, leaf: 3}]);
});

test('group: of several writes of one key in a batch the last one is written', t => {
  const {group, heard, waiter} = setUp();
  group.addObject(writeOf('a', 'first'), waiter('first'));
  const last = writeOf('a', 'last');
  group.addObject(last, waiter('last'));
  group.addObject(writeOf('b', 'other partition', 2), waiter('other'));
  const operations = group.begin();
  t.is(operations.length, 3);
  const key = objectKey(1, 'a', 3);
  const record = operations.find(operation => Buffer.from(key).equals(operation.key))?.value;
  t.deepEqual(
    Buffer.from(openRecord(key, record ?? Buffer.of()) ?? []),
    Buffer.from(last.held!.bytes),
  );
  group.succeed(ignore);
  t.deepEqual(heard, ['first durable', 'last durable', 'other durable']);
});

test('group: a pending object is found from its decision until its batch has ended', t => {
  const {group} = setUp();
  const first = writeOf('a', '1');
  const second = writeOf('a', '2');
  t.is(group.pending('a'), undefined);
  group.addObject(first, ignore);
  t.is(group.pending('a'), first.held);
  group.begin();
  t.is(group.pending('a'), first.held);
  group.addObject(second, ignore);
  t.is(group.pending('a'), second.held);
  group.succeed(ignore);
  t.is(group.pending('a'), second.held);
  group.begin();
  group.succeed(ignore);
  t.is(group.pending('a'), undefined);
});

test('group: a batch that fails takes along all that gathered behind it', t => {
  const {group, heard, waiter} = setUp();
  group.addObject(writeOf('a', '1'), waiter('a'));
  group.begin();
  group.addObject(writeOf('a', '2'), waiter('a again'));
  group.addRecord(Buffer.from('lease'), Buffer.from('L'), waiter('lease'));
  group.fail(ioFailure);
  t.deepEqual(heard, ['a IO', 'a again IO', 'lease IO']);
  t.is(group.pending('a'), undefined);
  t.false(group.hasGathered);
  t.is(group.depth, 0);
});

test('group: what a waiter writes on hearing of a failure belongs to the next batch', t => {
  const {group, heard, waiter} = setUp();
  group.addObject(writeOf('a', '1'), () => group.addObject(writeOf('b', '2'), waiter('b')));
  group.begin();
  group.fail(ioFailure);
  t.true(group.hasGathered);
  t.deepEqual(heard, []);
  group.begin();
  group.succeed(ignore);
  t.deepEqual(heard, ['b durable']);
});

test('group: it is full past its operations or its bytes, gathered or under way', t => {
  const {group} = setUp({operationsMax: 2});
  group.addObject(writeOf('a', '1'), ignore);
  group.begin();
  t.false(group.full);
  group.addObject(writeOf('b', '1'), ignore);
  t.true(group.full);
  group.succeed(ignore);
  t.false(group.full);

  const write = writeOf('c', 'x'.repeat(500));
  const {group: heavy} = setUp({bytesMax: write.held!.bytes.length});
  heavy.addObject(write, ignore);
  t.true(heavy.full);
  heavy.begin();
  t.true(heavy.full);
  heavy.fail(ioFailure);
  t.false(heavy.full);
});

test('group: records that belong together travel in one batch, and are one operation', t => {
  const {group, heard, waiter} = setUp();
  const content = Buffer.from('x');
  const keys = [1, 2, 3].map(no => Buffer.of(no));
  group.addRecords(
    keys.map(key => ({key, content})),
    waiter('all'),
  );
  t.is(group.depth, 1);
  t.deepEqual(
    group.begin().map(({key}) => key),
    keys,
  );
  group.succeed(ignore);
  t.deepEqual(heard, ['all durable']);
});

test('group: it is crowded from half of its bounds on', t => {
  const {group} = setUp({operationsMax: 4});
  group.addObject(writeOf('a', '1'), ignore);
  t.false(group.crowded);
  group.addObject(writeOf('b', '1'), ignore);
  t.true(group.crowded);
  t.false(group.full);

  const write = writeOf('c', 'x'.repeat(500));
  const {group: heavy} = setUp({bytesMax: 2 * write.held!.bytes.length});
  heavy.addObject(write, ignore);
  t.true(heavy.crowded);
  t.false(heavy.full);
});

test('group: whoever waits for a key without a pending object is called at once', t => {
  const {group, heard, waiter} = setUp();
  group.addObject(writeOf('a', '1'), waiter('a'));
  group.whenDurable('b', waiter('b'));
  t.deepEqual(heard, ['b durable']);
});

test('group: settled means that every earlier batch has ended, well or badly', t => {
  const {group, heard, waiter} = setUp();
  group.whenSettled(() => heard.push('nothing to wait for'));
  group.addObject(writeOf('a', '1'), waiter('a'));
  group.begin();
  group.whenSettled(() => heard.push('first settled'));
  group.addObject(writeOf('b', '1'), waiter('b'));
  group.whenSettled(() => heard.push('second settled'));
  group.succeed(ignore);
  t.deepEqual(heard, ['nothing to wait for', 'a durable', 'first settled']);
  group.begin();
  group.fail(ioFailure);
  t.deepEqual(heard.slice(3), ['b IO', 'second settled']);
});

test('group: whoever asks for a sync has the next batch synced, and no other', t => {
  const {group, heard, waiter, gatherings} = setUp();
  t.false(group.mustSync);
  group.whenSynced(waiter('sync'));
  t.is(gatherings(), 1, 'also where nothing is to be written');
  t.true(group.mustSync);
  group.begin();
  t.false(group.mustSync);
  group.succeed(ignore);
  t.deepEqual(heard, ['sync durable']);
});

test('group: the first write of an empty group calls for a commit, the others ride along', t => {
  const {group, gatherings} = setUp();
  group.addObject(writeOf('a', '1'), ignore);
  group.addObject(writeOf('b', '1'), ignore);
  t.is(gatherings(), 1);
  group.begin();
  group.addRecord(Buffer.from('k'), Buffer.from('v'), ignore);
  t.is(gatherings(), 2);
});

const anyStep = fc.oneof(
  fc.record({do: fc.constant('write' as const), name: fc.constantFrom('a', 'b', 'c')}),
  fc.record({do: fc.constant('wait' as const), name: fc.constantFrom('a', 'b', 'c')}),
  fc.record({do: fc.constantFrom('begin' as const, 'succeed' as const, 'fail' as const)}),
);

testProp(
  'group: in any schedule waiters hear once, in order, what became of their batch',
  [fc.array(anyStep, {minLength: 1, maxLength: 60})],
  (t, steps) => {
    const {group, heard, waiter} = setUp();
    const expected: string[] = [];
    let gathering: string[] = [];
    let committing: string[] | null = null;
    const pending = {gathering: new Set<string>(), committing: new Set<string>()};
    const end = (waiters: readonly string[], outcome: string) =>
      expected.push(...waiters.map(name => `${name} ${outcome}`));

    for (const [index, step] of steps.entries()) {
      const no = String(index);
      if (step.do === 'write') {
        group.addObject(writeOf(step.name, no), waiter(no));
        gathering.push(no);
        pending.gathering.add(step.name);
      } else if (step.do === 'wait') {
        group.whenDurable(step.name, waiter(no));
        if (pending.gathering.has(step.name)) {
          gathering.push(no);
        } else if (pending.committing.has(step.name)) {
          committing?.push(no);
        } else {
          end([no], 'durable');
        }
      } else if (step.do === 'begin' && committing === null && group.hasGathered) {
        group.begin();
        [committing, gathering] = [gathering, []];
        [pending.committing, pending.gathering] = [pending.gathering, new Set()];
      } else if (step.do === 'succeed' && committing !== null) {
        group.succeed(ignore);
        end(committing, 'durable');
        committing = null;
        pending.committing = new Set();
      } else if (step.do === 'fail' && committing !== null) {
        group.fail(ioFailure);
        end([...committing, ...gathering], 'IO');
        [committing, gathering] = [null, []];
        [pending.committing, pending.gathering] = [new Set(), new Set()];
      }

      t.deepEqual(heard, expected);
      t.is(group.depth, gathering.length + (committing?.length ?? 0));
      for (const name of ['a', 'b', 'c']) {
        const isPending = pending.gathering.has(name) || pending.committing.has(name);
        t.is(group.pending(name) !== undefined, isPending);
      }
    }
  },
);
