/** The bench as a user starts it, on a load so small that its figures mean nothing. */
import {type ChildProcess, spawn} from 'node:child_process';
import {readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import test from 'ava';
import {temporaryFolder, until} from '../temporary.js';

const PROGRAM = fileURLToPath(new URL('../../bench/main.js', import.meta.url));

type Json = Readonly<Record<string, unknown>>;

function start(...args: string[]) {
  const child: ChildProcess = spawn(process.execPath, [PROGRAM, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const heard = {out: '', error: ''};
  child.stdout?.setEncoding('utf8').on('data', (text: string) => void (heard.out += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => void (heard.error += text));
  const ended = new Promise<number | null>(resolve => {
    child.once('close', code => resolve(code));
  });
  return {child, heard, ended};
}

test('bench: a tiny load gives tables, JSON and a chart, and leaves nothing behind', async t => {
  const folder = temporaryFolder(t);
  const json = join(folder, 'results.json');
  const chart = join(folder, 'chart.svg');
  const data = join(folder, 'data');
  const tiny = [
    '--records',
    '50',
    '--rounds',
    '1',
    '--seconds',
    '0.2',
    '--warm-up',
    '0.1',
    '--burn-in',
    '0.1',
  ];
  const points = ['--workload', 'put,get,F', '--in-flight', '1,8', '--open-loop', '50'];
  const only = ['--only', 'Quorate library,quorate-plain,RocksDB limit'];
  const files = ['--json', json, '--chart', chart, '--data', data];
  const {ended, heard} = start(...tiny, ...points, ...only, ...files);
  t.is(await ended, 0, heard.error);

  const {results, machine, date, versions, setting} = JSON.parse(readFileSync(json, 'utf8')) as {
    results: Json[];
    machine: Json;
    date: string;
    versions: Json;
    setting: Json;
  };
  t.false(Number.isNaN(Date.parse(date)));
  t.is(setting['records'], 50);
  t.is(typeof versions['nats-server'], 'string');
  t.is(typeof machine['cores'], 'number');
  // Two closed loops and, of single operations, an open one.
  const ways = results.filter(({system}) => system === 'Quorate plain');
  t.deepEqual(
    ways.map(({workload, inFlight}) => [workload, inFlight].join(' ')),
    ['put 1', 'put 8', 'put ', 'get 1', 'get 8', 'get ', 'F 1', 'F 8'],
  );
  t.true(results.some(({system}) => system === 'RocksDB limit'));
  for (const row of results) {
    for (const figure of ['opsPerSecond', 'p50Ms', 'p99Ms', 'p999Ms']) {
      t.is(typeof row[figure], 'number', figure);
    }

    const {failed} = row['outcomes'] as Record<string, number>;
    t.is(failed, 0, String(row['failure']));
    t.is(typeof row['durability'], 'string');
    const processes = Object.keys(row['cpuMicros'] as object);
    const expected = ['client', 'broker', 'host h1', 'host h2', 'host h3'];
    t.deepEqual(processes, row['system'] === 'RocksDB limit' ? ['client'] : expected);
    t.deepEqual(Object.keys(row['residentBytes'] as object), processes);
  }

  t.true(readFileSync(chart, 'utf8').startsWith('<svg'));
  t.regex(heard.out, /Quorate library.*synced/);
  t.regex(heard.out, /put\s+8\s+Quorate plain/);
  t.deepEqual(readdirSync(data), []);
});

test('bench: interrupted, it ends what it started and removes its folder', async t => {
  const data = join(temporaryFolder(t), 'data');
  const {child, ended, heard} = start('--only', 'quorate-plain', '--records', '50', '--data', data);
  await until(() => heard.error.includes('measuring') || child.exitCode !== null);
  const pids = startedBy(child.pid ?? 0);
  t.true(pids.length >= 5, heard.error);
  child.kill('SIGINT');
  t.is(await ended, 130);
  for (const pid of pids) {
    t.throws(() => process.kill(pid, 0), {code: 'ESRCH'});
  }

  t.deepEqual(readdirSync(data), []);
});

test('bench: options that cannot be are refused with a reason', async t => {
  const {ended, heard} = start('--workload', 'E');
  t.not(await ended, 0);
  t.regex(heard.error, /no scans/);
});

/** As the kernel tells. */
function startedBy(parent: number): number[] {
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .map(Number)
    .filter(pid => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
        return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) === parent;
      } catch {
        return false; // It ended meanwhile.
      }
    });
}
