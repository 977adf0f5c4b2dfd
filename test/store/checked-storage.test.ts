import test from 'ava';
import {StorageFailure, type Entry, type Storage} from '../../src/ports/storage.js';
import {CheckedStorage} from '../../src/store/checked-storage.js';
import {objectKey} from '../../src/store/layout.js';
import {sealRecord} from '../../src/store/record.js';

const entryOf = (name: string): Entry => {
  const key = objectKey(1, name);
  return {key, value: sealRecord(key, Buffer.from(name))};
};
const rotten = (): Entry => {
  const {key, value} = entryOf('b.rotten');
  value[value.length - 1]! ^= 1;
  return {key, value};
};

/** What was told and answered, in that order, by a storage that holds these entries. */
function checked(entries: readonly Entry[], failure: StorageFailure | null = null) {
  const heard: string[] = [];
  const inner: Partial<Storage> = {
    read: (keys, done) =>
      done(
        keys.map(
          key =>
            failure ?? entries.find(each => Buffer.compare(each.key, key) === 0)?.value ?? null,
        ),
      ),
    scan: (_, done) => done(failure, failure === null ? entries : []),
  };
  const storage = new CheckedStorage(inner as Storage, damage => heard.push(damage.message));
  const read = (...keys: Uint8Array[]) =>
    storage.read(keys, answers => {
      heard.push(
        ...answers.map(answer =>
          answer instanceof StorageFailure ? answer.code : answer === null ? 'absent' : 'whole',
        ),
      );
    });
  const scan = () => {
    const range = {from: Buffer.of(1), to: Buffer.of(255), limit: 10};
    storage.scan(range, (found, all) => heard.push(`${found?.code ?? 'fine'} ${all.length}`));
  };
  return {heard, read, scan};
}

test('checked storage: what is whole or absent is answered as it is', t => {
  const {heard, read, scan} = checked([entryOf('b.a'), entryOf('b.b')]);
  read(objectKey(1, 'b.a'), objectKey(1, 'b.c'));
  scan();
  t.deepEqual(heard, ['whole', 'absent', 'fine 2']);
});

test('checked storage: a damaged record is told before its reader hears, never as absent', t => {
  const {heard, read, scan} = checked([entryOf('b.a'), rotten()]);
  read(objectKey(1, 'b.a'), objectKey(1, 'b.rotten'));
  t.deepEqual(heard.slice(1), ['whole', 'CORRUPT']);
  t.regex(heard[0] ?? '', /b\.rotten.*checksum/);
  heard.length = 0;
  scan();
  t.is(heard[1], 'CORRUPT 0');
});

test('checked storage: damage that the engine met is told too, other failures are not', t => {
  const damaged = checked([], new StorageFailure('CORRUPT', 'a bad block'));
  damaged.read(objectKey(1, 'b.a'));
  damaged.scan();
  t.deepEqual(damaged.heard, ['a bad block', 'CORRUPT', 'a bad block', 'CORRUPT 0']);

  const refused = checked([], new StorageFailure('IO', 'refused'));
  refused.read(objectKey(1, 'b.a'));
  refused.scan();
  t.deepEqual(refused.heard, ['IO', 'IO 0']);
});
