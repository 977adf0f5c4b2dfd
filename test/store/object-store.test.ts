import test from 'ava';
import {MerkleTree} from '../../src/merkle/tree.js';
import {StorageFailure} from '../../src/ports/storage.js';
import {SimClock} from '../../src/sim/clock.js';
import {holdBytes, type Held} from '../../src/store/held.js';
import {objectKey} from '../../src/store/layout.js';
import {ObjectStore, type Loaded} from '../../src/store/object-store.js';
import {sealRecord} from '../../src/store/record.js';
import {heldOf} from '../helpers/held.js';
import {SlowStorage} from '../helpers/slow-storage.js';

const options = {operationsMax: 10_000, bytesMax: 1e9, cacheBytes: 10_000, readsAtOnce: 3};
const ignore = () => undefined;

const setUp = (over: Partial<typeof options> = {}) => {
  const clock = new SimClock();
  const storage = new SlowStorage();
  const objects = new ObjectStore(storage, clock, {...options, ...over}, ignore, ignore);
  const answers: Loaded[] = [];
  return {
    storage,
    objects,
    answers,
    load: (name: string) => objects.load(1, name, loaded => answers.push(loaded)),
    write: (name: string, held: Held) =>
      objects.write({partition: 1, copies: 3, name, held, leaf: 0, tree: new MerkleTree()}, ignore),
    commit: () => {
      objects.commits.begin();
      objects.succeed();
    },
    endTurn: () => clock.run(clock.nowMs()),
  };
};

const recordOf = (name: string, held: Held) => sealRecord(objectKey(1, name), held.bytes);
const bytesOf = (held: Held | null | undefined) => Buffer.from(held?.bytes ?? []);
const codeOf = (loaded: Loaded | undefined) =>
  loaded instanceof StorageFailure ? loaded.code : loaded;

test('objects: a pending object is the truth, then the cache, then the disk', t => {
  const {objects, write, commit, load, storage, endTurn} = setUp();
  t.is(objects.peek('k'), undefined);
  load('k');
  endTurn();
  storage.endRead(() => null);
  t.is(objects.peek('k'), null);
  const held = heldOf('k', 'x');
  write('k', held);
  t.is(objects.peek('k'), held);
  commit();
  t.is(objects.commits.pending('k'), undefined);
  t.deepEqual(bytesOf(objects.peek('k')), bytesOf(held));
});

test('objects: the cache keeps a copy, not the frame that the bytes came in', t => {
  const {objects, write, commit} = setUp();
  const {bytes} = heldOf('k', 'x');
  const frame = Buffer.concat([Buffer.alloc(1_000), bytes]);
  write('k', holdBytes('k', frame.subarray(1_000)));
  commit();
  frame.fill(0);
  t.deepEqual(bytesOf(objects.peek('k')), Buffer.from(bytes));
});

test('objects: overlapping loads of a key share one read and are answered in order', t => {
  const {objects, storage, endTurn} = setUp();
  const order: string[] = [];
  objects.load(1, 'k', () => order.push('first'));
  endTurn();
  objects.load(1, 'k', () => order.push('second'));
  objects.load(1, 'other', () => order.push('other'));
  endTurn();
  t.deepEqual(
    storage.reads.map(({keys}) => keys.length),
    [1, 1],
  );
  storage.endRead(() => null);
  t.deepEqual(order, ['first', 'second']);
});

test('objects: the loads of one turn are one read', t => {
  const {load, storage, endTurn} = setUp();
  ['a', 'b', 'c'].forEach(load);
  t.is(storage.reads.length, 0);
  endTurn();
  t.deepEqual(
    storage.reads.map(({keys}) => keys.map(key => Buffer.from(key))),
    [['a', 'b', 'c'].map(name => Buffer.from(objectKey(1, name)))],
  );
});

test('objects: three reads at once, the next when one ends, each of so many keys at most', t => {
  const {load, storage, endTurn, answers} = setUp({cacheBytes: 1e6});
  for (let no = 0; no < 700; no += 1) {
    load(`k${no}`);
  }

  const sizes: number[] = [];
  endTurn();
  t.is(storage.reads.length, 3);
  while (storage.reads.length > 0) {
    sizes.push(storage.reads[0]?.keys.length ?? 0);
    storage.endRead(() => null);
    endTurn();
  }

  t.deepEqual(sizes, [...Array.from({length: 10}, () => 64), 60]);
  t.is(answers.length, 700);
});

test('objects: a load that races a write sees the pending object, not what was read', t => {
  const {objects, storage, endTurn, write} = setUp();
  const decided = heldOf('k', 'new');
  const seen: Loaded[] = [];
  objects.load(1, 'k', () => write('k', decided));
  objects.load(1, 'k', loaded => seen.push(loaded));
  endTurn();
  storage.endRead(() => recordOf('k', heldOf('k', 'old')));
  t.deepEqual(seen, [decided]);
  t.is(objects.peek('k'), decided);
});

test('objects: what was read is cached, absence too', t => {
  const {objects, load, storage, endTurn} = setUp();
  const held = heldOf('k', 'x');
  load('k');
  load('absent');
  endTurn();
  storage.endRead(key => (Buffer.from(objectKey(1, 'k')).equals(key) ? recordOf('k', held) : null));
  t.deepEqual(Buffer.from(objects.peek('k')?.bytes ?? []), Buffer.from(held.bytes));
  t.is(objects.peek('absent'), null);
});

test('objects: a damaged record is an error for its key, never an absence, never cached', t => {
  const {objects, load, storage, answers, endTurn} = setUp();
  const record = recordOf('k', heldOf('k', 'x'));
  record[record.length - 1] = (record.at(-1) ?? 0) ^ 1;
  load('k');
  load('intact');
  endTurn();
  storage.endRead(key => (Buffer.from(objectKey(1, 'k')).equals(key) ? record : null));
  t.deepEqual(answers.map(codeOf), ['CORRUPT', null]);
  t.is(objects.peek('k'), undefined);
});

test('objects: a record that lies under another key, or holds no object, is damaged', t => {
  const {load, storage, answers, endTurn} = setUp();
  load('a');
  load('b');
  endTurn();
  storage.endRead(key =>
    Buffer.from(objectKey(1, 'a')).equals(key)
      ? recordOf('b', heldOf('b', 'x'))
      : sealRecord(key, Buffer.from('no object')),
  );
  t.deepEqual(answers.map(codeOf), ['CORRUPT', 'CORRUPT']);
});

test('objects: a failed read is an error for each of its keys, and nothing of it is cached', t => {
  const {objects, load, storage, answers, endTurn} = setUp();
  ['a', 'b'].forEach(load);
  endTurn();
  storage.endRead(() => new StorageFailure('IO', 'refused'));
  t.deepEqual(answers.map(codeOf), ['IO', 'IO']);
  t.is(objects.peek('a'), undefined);
});

test('objects: an answer that the engine forgot is an error', t => {
  const {load, storage, answers, endTurn} = setUp();
  load('a');
  endTurn();
  storage.reads.shift()?.done([]);
  t.deepEqual(answers.map(codeOf), ['IO']);
});

test('objects: the cache stays within its bytes, by encoded size', t => {
  const {objects, write, commit} = setUp({cacheBytes: 10_000});
  for (let no = 0; no < 20; no += 1) {
    write(`k${no}`, heldOf(`k${no}`, 'x'.repeat(1_000)));
    commit();
    t.true(objects.cacheBytes <= 10_000);
  }

  t.is(objects.peek('k0'), undefined);
  t.not(objects.peek('k19'), undefined);
});

test('objects: a failure forgets what was pending and all that is cached', t => {
  const {objects, write, commit} = setUp();
  write('durable', heldOf('durable', 'x'));
  commit();
  write('pending', heldOf('pending', 'x'));
  objects.commits.begin();
  objects.fail(new StorageFailure('IO', 'refused'));
  t.is(objects.peek('durable'), undefined);
  t.is(objects.peek('pending'), undefined);
});

test('objects: with too many waiting for the disk the store is full until they are answered', t => {
  const {objects, storage, load, endTurn} = setUp({cacheBytes: 1e7});
  for (let no = 0; no < 8_191; no += 1) {
    load(`k${no % 100}`);
  }

  t.false(objects.full);
  load('one more');
  t.true(objects.full);
  endTurn();
  storage.endRead(() => null);
  t.false(objects.full);
});
