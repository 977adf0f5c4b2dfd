import test from 'ava';
import {CommitRing, SLOTS} from '../../../src/adapters/rocks/commit-ring.js';
import type {Entry, WriteOperation} from '../../../src/ports/storage.js';

/** The tables of a database that holds nothing but the ring. */
class FakeTables {
  flushes = 0;
  flushFails = false;
  readonly #slots = new Map<string, Entry>();

  apply(operations: readonly WriteOperation[]): void {
    for (const {key, value} of operations) {
      if (value !== null) {
        this.#slots.set(Buffer.from(key).toString('hex'), {key, value});
      }
    }
  }

  async scan(): Promise<Entry[]> {
    return [...this.#slots.values()];
  }

  async flush(): Promise<void> {
    this.flushes++;
    if (this.flushFails) {
      throw new Error('no space');
    }
  }
}

const commit = async (tables: FakeTables, ring: CommitRing, number: number) => {
  tables.apply(ring.notes(number));
  await ring.wrote(number);
};

const readBack = async (tables: FakeTables) => {
  const {last, missing} = await CommitRing.read(tables);
  return {last, missing};
};

test('ring: an empty database has no last commit and misses none', async t => {
  t.deepEqual(await readBack(new FakeTables()), {last: 0, missing: null});
});

test('ring: the last number is found, also after several turns', async t => {
  const tables = new FakeTables();
  const ring = await CommitRing.read(tables);
  for (let number = 1; number <= 2 * SLOTS + 10; number++) {
    await commit(tables, ring, number);
  }
  t.deepEqual(await readBack(tables), {last: 2 * SLOTS + 10, missing: null});
});

test('ring: a lost commit below the last one is missed, in the first turn and later', async t => {
  for (const lost of [1, 50, SLOTS + 50]) {
    const tables = new FakeTables();
    const ring = await CommitRing.read(tables);
    for (let number = 1; number <= lost + 100; number++) {
      const notes = ring.notes(number);
      if (number !== lost) {
        tables.apply(notes);
      }
      await ring.wrote(number);
    }
    t.deepEqual(await readBack(tables), {last: lost + 100, missing: lost});
  }
});

test('ring: a commit that failed is noted by the next one, and is not missed', async t => {
  const tables = new FakeTables();
  const ring = await CommitRing.read(tables);
  await commit(tables, ring, 1);
  ring.notes(2);
  ring.notes(3);
  await commit(tables, ring, 4);
  t.deepEqual(await readBack(tables), {last: 4, missing: null});
});

test('ring: the engine writes its tables out twice a turn', async t => {
  const tables = new FakeTables();
  const ring = await CommitRing.read(tables);
  for (let number = 1; number <= 3 * SLOTS; number++) {
    await commit(tables, ring, number);
  }
  t.is(tables.flushes, 6);
});

test('ring: commits fail before it turns over commits that are in the logs alone', async t => {
  const tables = new FakeTables();
  const ring = await CommitRing.read(tables);
  tables.flushFails = true;
  const failed = async () => {
    for (let number = 1; ; number++) {
      try {
        await commit(tables, ring, number);
      } catch {
        return number;
      }
    }
  };
  t.is(await failed(), SLOTS - 1);
});
