/** `up` as a program: real processes and a real broker, with hosts that only behave like hosts. */
import {type ChildProcess, spawn} from 'node:child_process';
import {once} from 'node:events';
import {existsSync, readFileSync, writeFileSync} from 'node:fs';
import {createServer} from 'node:net';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import test, {type ExecutionContext} from 'ava';
import {ExitCode} from '../../../src/cli/exit-codes.js';
import type {UpOptions} from '../../../src/cli/up/options.js';
import {greetsAsBroker} from '../../../src/cli/up/port.js';
import {temporaryFolder, until} from '../../temporary.js';

const program = fileURLToPath(new URL('run-up.js', import.meta.url));
const host = '127.0.0.1';

type Line = {readonly event: string; readonly name?: string; readonly text?: string} & Record<
  string,
  unknown
>;

type Up = {
  readonly child: ChildProcess;
  readonly lines: Line[];
  readonly data: string;
  readonly port: number;
  saw(event: string, name?: string): Promise<Line>;
  /** Resolves with the exit code. */
  readonly exited: Promise<number | null>;
};

async function freePort(): Promise<number> {
  const server = createServer().listen(0, host);
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

async function start(
  t: ExecutionContext,
  given: UpOptions & {behaviours?: object} = {},
): Promise<Up> {
  const {behaviours = {}, ...options} = given;
  const data = options.data ?? temporaryFolder(t);
  for (const [id, behaviour] of Object.entries(behaviours)) {
    writeFileSync(join(data, `${id}.behaviour`), String(behaviour));
  }

  const port = options.port ?? (await freePort());
  const whole = {json: true, ...options, data, ...(options.server === undefined ? {port} : {})};
  const child = spawn(process.execPath, [program, JSON.stringify(whole)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'close').then(([code]) => code as number | null);
  t.teardown(async () => {
    child.kill('SIGKILL');
    await exited;
    // Whoever shares the folder of another run was torn down before it, and leaves the waiting to
    // it.
    await until(() => options.data !== undefined || !childrenOf(data).some(lives));
  });
  const lines: Line[] = [];
  let rest = '';
  child.stdout.on('data', bytes => {
    const parts = `${rest}${bytes}`.split('\n');
    rest = parts.pop() ?? '';
    lines.push(...parts.map(line => JSON.parse(line)));
  });

  let isOver = false;
  void exited.then(() => {
    isOver = true;
  });

  return {
    child,
    lines,
    data,
    port,
    exited,
    async saw(event, name) {
      const find = () => lines.find(line => line.event === event && line.name === name);
      await until(() => find() !== undefined || isOver);
      return find() ?? t.fail(`no '${event}': ${JSON.stringify(lines)}`);
    },
  };
}

const pidOf = ({data}: Up, id: string) => Number(readFileSync(join(data, id, 'pid'), 'utf8'));
const lifeOf = ({data}: Up, id: string) =>
  readFileSync(join(data, id, 'life'), 'utf8')
    .trimEnd()
    .split('\n');

/** The children that `up` has noted in its lock, in the order of their starts. */
function childrenOf(data: string): number[] {
  const lock = join(data, 'up.lock');
  const {note} = existsSync(lock) ? JSON.parse(readFileSync(lock, 'utf8')) : {note: null};
  return (note ?? []).map(({pid}: {pid: number}) => pid);
}

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

test('start: broker and hosts run, then ready tells the address', async t => {
  const up = await start(t, {hosts: 2, n: 2});
  const ready = await up.saw('ready');
  t.is(ready['server'], `nats://${host}:${up.port}`);
  t.deepEqual(ready['hosts'], ['h1', 'h2']);
  t.true(await greetsAsBroker({host, port: up.port}));
  t.deepEqual(lifeOf(up, 'h1'), ['start']);
  up.child.kill('SIGTERM');
  t.is(await up.exited, ExitCode.ok);
});

test('start: in words, ready and three lines to try are on stdout', async t => {
  const data = temporaryFolder(t);
  const port = await freePort();
  const options = JSON.stringify({hosts: 1, n: 1, data, port});
  const child = spawn(process.execPath, [program, options], {stdio: ['ignore', 'pipe', 'ignore']});
  t.teardown(() => child.kill('SIGKILL'));
  let out = '';
  child.stdout.on('data', bytes => (out += bytes));
  await until(() => out.includes('status'));
  t.regex(out, /^ready {2}nats:\/\/127\.0\.0\.1:\d+$/m);
  t.is(out.match(/^ {2}npx quorate .* --server nats:/gm)?.length, 3);
  child.kill('SIGINT');
  t.deepEqual(await once(child, 'exit'), [ExitCode.interrupted, null]);
});

test('stop: hosts end in order before the broker goes, and nothing is left', async t => {
  const up = await start(t, {hosts: 3});
  await up.saw('ready');
  const pids = ['h1', 'h2', 'h3'].map(id => pidOf(up, id));
  up.child.kill('SIGINT');
  t.is(await up.exited, ExitCode.interrupted);
  for (const id of ['h1', 'h2', 'h3']) {
    t.deepEqual(lifeOf(up, id), ['start', 'stop']);
  }

  const ends = up.lines.filter(({event}) => event === 'process.exited').map(({name}) => name);
  t.is(ends.at(-1), 'broker');
  t.true(['h1', 'h2', 'h3'].every(id => ends.includes(id)));
  t.is(ends.length, 4);
  t.false(pids.some(lives));
  t.false(await greetsAsBroker({host, port: up.port}));
  t.false(existsSync(join(up.data, 'up.lock')));
});

test('stop: one Ctrl-C that arrives twice does not force', async t => {
  const up = await start(t, {hosts: 1, n: 1});
  await up.saw('ready');
  up.child.kill('SIGINT');
  up.child.kill('SIGINT');
  t.is(await up.exited, ExitCode.interrupted);
  t.deepEqual(lifeOf(up, 'h1'), ['start', 'stop']);
});

test('stop: a second Ctrl-C does not wait for a host that does not end', async t => {
  const up = await start(t, {hosts: 1, n: 1, behaviours: {h1: 'stubborn'}});
  await up.saw('ready');
  up.child.kill('SIGINT');
  await until(() => lifeOf(up, 'h1').includes('deaf'));
  // Whatever comes within half a second counts as an echo, so it is repeated until it is heard.
  const again = setInterval(() => lives(pidOf(up, 'h1')) && up.child.kill('SIGINT'), 100);
  t.teardown(() => clearInterval(again));
  t.is(await up.exited, ExitCode.interrupted);
  t.false(up.lines.some(({event}) => event === 'process.overdue'));
  t.false(lives(pidOf(up, 'h1')));
});

test('stop: a host that does not end is killed, and everything still ends', async t => {
  const up = await start(t, {hosts: 2, n: 2, behaviours: {h1: 'stubborn'}});
  await up.saw('ready');
  up.child.kill('SIGTERM');
  t.is(await up.exited, ExitCode.ok);
  t.truthy(await up.saw('process.overdue', 'h1'));
  t.false(lives(pidOf(up, 'h1')));
});

test('stop: also while a host is not ready yet', async t => {
  const up = await start(t, {hosts: 1, n: 1, behaviours: {h1: 'mute'}});
  await until(() => existsSync(join(up.data, 'h1', 'life')));
  up.child.kill('SIGINT');
  t.is(await up.exited, ExitCode.interrupted);
  t.false(lives(pidOf(up, 'h1')));
  t.false(up.lines.some(({event}) => event === 'problem'));
});

test('kill: when up is killed, broker and hosts end by themselves', async t => {
  const up = await start(t, {hosts: 2, n: 2});
  await up.saw('ready');
  const pids = ['h1', 'h2'].map(id => pidOf(up, id));
  up.child.kill('SIGKILL');
  await up.exited;
  await until(() => !pids.some(lives));
  await until(async () => !(await greetsAsBroker({host, port: up.port})));
  t.deepEqual(lifeOf(up, 'h1'), ['start', 'orphan']);
});

test('kill: the next up after one that was killed starts on the same folder and port', async t => {
  const first = await start(t, {hosts: 2, n: 2});
  await first.saw('ready');
  first.child.kill('SIGKILL');
  await first.exited;
  const next = await start(t, {data: first.data, port: first.port});
  const ready = await next.saw('ready');
  t.deepEqual(ready['hosts'], ['h1', 'h2']);
  next.child.kill('SIGTERM');
  t.is(await next.exited, ExitCode.ok);
});

test('restart: a host that was killed is started again', async t => {
  const up = await start(t, {hosts: 2, n: 2});
  await up.saw('ready');
  const before = pidOf(up, 'h2');
  process.kill(before, 'SIGKILL');
  const {restartInMs} = await up.saw('process.exited', 'h2');
  t.is(restartInMs, 500);
  const readies = () => up.lines.filter(l => l.event === 'process.ready' && l.name === 'h2').length;
  await until(() => readies() === 2);
  t.not(pidOf(up, 'h2'), before);
  t.deepEqual(lifeOf(up, 'h1'), ['start']);
});

test('restart: a broker that was killed is started again', async t => {
  const up = await start(t, {hosts: 1, n: 1});
  await up.saw('ready');
  // The guard, which was started first, leads the group in which the broker runs.
  process.kill(-(childrenOf(up.data)[0] ?? 0), 'SIGKILL');
  await up.saw('process.exited', 'broker');
  await until(async () => await greetsAsBroker({host, port: up.port}));
  t.deepEqual(lifeOf(up, 'h1'), ['start']);
});

test('restart: with restart off a dead host stays dead and the others go on', async t => {
  const up = await start(t, {hosts: 2, n: 2, restart: false});
  await up.saw('ready');
  process.kill(pidOf(up, 'h2'), 'SIGKILL');
  const {restartInMs} = await up.saw('process.exited', 'h2');
  t.is(restartInMs, null);
  t.true(lives(pidOf(up, 'h1')));
  up.child.kill('SIGTERM');
  t.is(await up.exited, ExitCode.ok);
});

test('restart: with no host left up ends with a problem', async t => {
  const up = await start(t, {hosts: 1, n: 1, restart: false});
  await up.saw('ready');
  process.kill(pidOf(up, 'h1'), 'SIGKILL');
  t.is(await up.exited, ExitCode.generic);
  t.regex((await up.saw('problem')).text ?? '', /h1 .*nothing is left to run/);
});

test('refused: a host whose store is in use ends the start with its code and its log', async t => {
  const behaviours = {h2: `exit ${ExitCode.storeLocked}`};
  const up = await start(t, {hosts: 3, behaviours});
  t.is(await up.exited, ExitCode.storeLocked);
  const {text = ''} = await up.saw('problem');
  t.regex(text, /h2 could not start/);
  t.regex(text, /h2 refuses to run/);
  t.deepEqual(lifeOf(up, 'h2'), ['start']);
  t.false(await greetsAsBroker({host, port: up.port}));
});

test('refused: a second up on the same folder', async t => {
  const first = await start(t, {hosts: 1, n: 1});
  await first.saw('ready');
  const second = await start(t, {data: first.data});
  t.is(await second.exited, ExitCode.conflict);
  t.regex((await second.saw('problem')).text ?? '', /in use by another .*--data/);
  t.true(lives(pidOf(first, 'h1')));
});

test('refused: a port on which a broker runs, naming --server and --port', async t => {
  const first = await start(t, {hosts: 1, n: 1});
  await first.saw('ready');
  const second = await start(t, {port: first.port});
  t.is(await second.exited, ExitCode.generic);
  t.regex((await second.saw('problem')).text ?? '', /taken.*--server nats:.*--port/);
  t.false(existsSync(join(second.data, 'cluster.json')));
});

test('refused: a port that another program holds, naming --port', async t => {
  const server = createServer().listen(0, host);
  t.teardown(() => server.close());
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const up = await start(t, {port});
  t.is(await up.exited, ExitCode.generic);
  t.regex((await up.saw('problem')).text ?? '', /another program.*--port/);
});

test('server: a broker that already runs is used, and left running', async t => {
  const first = await start(t, {hosts: 1, n: 1});
  await first.saw('ready');
  const server = `nats://${host}:${first.port}`;
  const second = await start(t, {hosts: 1, n: 1, server});
  t.is((await second.saw('ready'))['server'], server);
  second.child.kill('SIGTERM');
  t.is(await second.exited, ExitCode.ok);
  t.true(await greetsAsBroker({host, port: first.port}));
});

test('server: one that does not answer is a clear error', async t => {
  const up = await start(t, {server: `nats://${host}:${await freePort()}`});
  t.is(await up.exited, ExitCode.connection);
  t.regex((await up.saw('problem')).text ?? '', /no broker answers at nats:/);
});

test('options: numbers out of range are refused before anything happens', async t => {
  for (const wrong of [{hosts: 0}, {hosts: 1.5}, {port: 70_000}, {port: 1, server: 'nats://x'}]) {
    const up = await start(t, wrong);
    t.is(await up.exited, ExitCode.usage);
    t.false(existsSync(join(up.data, 'cluster.json')));
  }
});
