import {existsSync} from 'node:fs';
import {fc, testProp} from '@fast-check/ava';
import test from 'ava';
import {fractions} from '../../bench/keys/random.js';
import {Child} from '../../bench/stage/child.js';
import {Stage} from '../../bench/stage/stage.js';
import {Batches} from '../../bench/systems/batches.js';
import {keyOf, values} from '../../bench/workloads/records.js';
import {temporaryFolder} from '../temporary.js';

testProp(
  'records: a value has exactly the size that was asked for',
  [fc.integer({min: 0, max: 3_000})],
  (t, bytes) => {
    t.is(values(bytes, fractions(1))().length, bytes);
  },
  {numRuns: 20},
);

test('records: a record of 1 KB has ten fields; keys have 16 bytes', t => {
  const text = Buffer.from(values(1_024, fractions(1))()).toString();
  t.is(Object.keys(JSON.parse(text) as object).length, 10);
  t.is(Buffer.byteLength(keyOf(0)), 16);
  t.is(Buffer.byteLength(keyOf(5_000_000)), 16);
});

test('batches: every operation ends with its own answer, one batch at a time', async t => {
  const sizes: number[] = [];
  const busy = {now: 0};
  const batches = new Batches(async (batch: readonly number[]) => {
    busy.now += 1;
    t.is(busy.now, 1);
    sizes.push(batch.length);
    await new Promise(resolve => {
      setImmediate(resolve);
    });
    busy.now -= 1;
    return batch.map(number => number * 2);
  });
  const first = [1, 2, 3].map(number => batches.add(number));
  t.deepEqual(await Promise.all(first), [2, 4, 6]);
  t.is(await batches.add(4), 8);
  t.deepEqual(sizes, [3, 1]);
});

test("batches: a batch's failure is that of its operations, and of no others", async t => {
  const batches = new Batches(async (batch: readonly string[]) => {
    if (batch.includes('bad')) {
      throw new Error('refused');
    }

    return batch;
  });
  const failed = [batches.add('good'), batches.add('bad')];
  for (const one of failed) {
    await t.throwsAsync(one, {message: 'refused'});
  }

  t.is(await batches.add('good'), 'good');
});

test('child: stop and kill resolve once it is gone, and what it printed is kept', async t => {
  const endless = 'console.log("hello"); setInterval(() => {}, 1000)';
  for (const how of ['stop', 'kill'] as const) {
    const child = new Child({name: how, command: [process.execPath, '--eval', endless]});
    await new Promise(resolve => {
      child.process.stdout?.once('data', resolve);
    });
    await child[how]();
    t.true(child.isGone);
    t.throws(() => process.kill(child.pid, 0), {code: 'ESRCH'});
    await t.throwsAsync(child.failure(), {message: /SIG(?:TERM|KILL)[^]*hello/});
    await child.stop();
  }
});

test('child: a program that is not there is a failure, not a crash', async t => {
  const child = new Child({name: 'nothing', command: ['/nonexistent/program']});
  await t.throwsAsync(child.failure(), {message: /ENOENT/});
  await child.kill();
});

test('stage: a process that ends by itself ends the run, one that was told to not', async t => {
  const data = temporaryFolder(t);
  const signal = new AbortController().signal;
  const stage = await Stage.open({data, talk: () => {}, signal});
  t.teardown(() => stage.clear());
  const endless = [process.execPath, '--eval', 'setInterval(() => {}, 1000)'] as const;
  const [told, alone] = ['told', 'alone'].map(name => stage.start({name, command: endless}));
  await told?.stop();
  process.kill(alone?.pid ?? 0, 'SIGTERM');
  await t.throwsAsync(stage.lost, {message: /^alone ended/});
  t.deepEqual(stage.processes, []);

  const last = stage.start({name: 'last', command: endless});
  await stage.clear();
  t.true(last.isGone);
  t.false(existsSync(stage.folder));
});
