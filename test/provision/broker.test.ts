import {execFileSync} from 'node:child_process';
import {existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {findBroker} from '../../src/provision/broker.js';
import {temporaryFolder} from '../temporary.js';

/** A program that does nothing but what its shell script says. */
function program(folder: string, name: string, script: string): string {
  mkdirSync(folder, {recursive: true});
  const path = join(folder, name);
  writeFileSync(path, `#!/bin/sh\n${script}\n`, {mode: 0o755});
  return path;
}

const nats = (version: string) => `echo 'nats-server: v${version}'`;

/** Finds with nothing on the system but what the test put there. */
async function find(t: ExecutionContext, given: {servers?: string[]; env?: NodeJS.ProcessEnv}) {
  const folder = temporaryFolder(t);
  const said: string[] = [];
  const {servers = [], env = {PATH: folder}} = given;
  const talk = (line: string) => void said.push(line);
  const options = {env, servers, cacheDir: join(folder, 'cache'), talk};
  return {folder, said, options, find: async () => await findBroker(options)};
}

test('order: a broker on the system is used', async t => {
  const path = program(temporaryFolder(t), 'nats-server', nats('2.10.7'));
  const {find: run} = await find(t, {servers: [path]});
  t.deepEqual(await run(), {path, version: '2.10.7', origin: 'system'});
});

test('order: QUORATE_NATS_SERVER wins over the system', async t => {
  const folder = temporaryFolder(t);
  const named = program(join(folder, 'a'), 'nats-server', nats('2.9.10'));
  const other = program(join(folder, 'b'), 'nats-server', nats('2.11.0'));
  const {find: run} = await find(t, {servers: [other], env: {QUORATE_NATS_SERVER: named}});
  t.deepEqual(await run(), {path: named, version: '2.9.10', origin: 'environment'});
});

test('order: a broker that was named explicitly is used or refused, never replaced', async t => {
  const folder = temporaryFolder(t);
  const other = program(folder, 'nats-server', nats('2.11.0'));
  const env = {QUORATE_NATS_SERVER: join(folder, 'absent')};
  const {find: run} = await find(t, {servers: [other], env});
  await t.throwsAsync(run(), {message: /QUORATE_NATS_SERVER.*does not run/});
});

test('order: a broker that is too old or does not run is passed over', async t => {
  const folder = temporaryFolder(t);
  const old = program(join(folder, 'a'), 'nats-server', nats('2.8.4'));
  const broken = program(join(folder, 'b'), 'nats-server', 'exit 3');
  const good = program(join(folder, 'c'), 'nats-server', nats('2.9.0'));
  const {find: run, said} = await find(t, {servers: [old, broken, good]});
  t.is((await run()).path, good);
  t.is(said.length, 2);
});

test('fetch: without apt the message tells the three ways', async t => {
  const {find: run} = await find(t, {});
  const error = await t.throwsAsync(run(), {name: 'ProvisionProblem'});
  t.regex(error.message, /--server.*NATS_URL/);
  t.regex(error.message, /install nats-server/);
  t.regex(error.message, /Debian family/);
});

/** An apt and dpkg-deb that hand out one broker; apt counts its calls in the folder `calls`. */
function fakeDebian(folder: string, download: string) {
  const bin = join(folder, 'bin');
  mkdirSync(join(folder, 'calls'));
  const log = `echo x >> ${folder}/calls/$4`;
  program(bin, 'apt-get', `PATH=/bin:/usr/bin; ${log}; [ "$4" = update ] && exit 0; ${download}`);
  const root = '$3/usr/sbin';
  program(
    bin,
    'dpkg-deb',
    `PATH=/bin:/usr/bin
mkdir -p ${root}
printf '#!/bin/sh\\necho v2.9.10\\n' > ${root}/nats-server`,
  );
  return {PATH: bin};
}

test('fetch: the package is fetched once, then found in the cache', async t => {
  const base = temporaryFolder(t);
  const env = fakeDebian(base, ': > nats-server_2.9.10_any.deb');
  const {find: run, options} = await find(t, {env});
  const path = join(options.cacheDir, 'bin', 'nats-server');
  t.deepEqual(await run(), {path, version: '2.9.10', origin: 'fetched'});
  t.deepEqual(await run(), {path, version: '2.9.10', origin: 'cache'});
  t.deepEqual(readdirSync(join(base, 'calls')).toSorted(), ['download', 'update']);
  t.deepEqual(readdirSync(join(options.cacheDir, 'bin')), ['nats-server']);
});

test('fetch: two at once fetch once', async t => {
  const base = temporaryFolder(t);
  const env = fakeDebian(base, ': > nats-server_2.9.10_any.deb');
  const {find: run} = await find(t, {env});
  const found = await Promise.all([run(), run()]);
  t.is(readFileSync(join(base, 'calls', 'download'), 'utf8'), 'x\n');
  t.deepEqual(
    found.map(({version}) => version),
    ['2.9.10', '2.9.10'],
  );
});

test('fetch: what apt says when it fails is told, and nothing is left half done', async t => {
  const base = temporaryFolder(t);
  const env = fakeDebian(base, 'echo "E: Could not resolve host" >&2; exit 100');
  const {find: run, options} = await find(t, {env});
  await t.throwsAsync(run(), {message: /E: Could not resolve host/});
  t.false(existsSync(join(options.cacheDir, 'bin', 'nats-server')));
  t.false(existsSync(join(options.cacheDir, 'apt.lock')));
});

/** Whether the distribution's own package can be had here at all. */
function packageMirrorProblem(): string {
  try {
    const listed = execFileSync('apt-get', ['--print-uris', '-q', 'download', 'nats-server'], {
      stdio: ['ignore', 'pipe', 'ignore'],
      cwd: '/tmp',
    });
    return listed.length > 0 ? '' : 'apt knows no package nats-server';
  } catch {
    return 'no apt-get, or no package lists';
  }
}

const problem = packageMirrorProblem();
const fetchTest = problem === '' ? test : test.skip;
const reason = problem === '' ? '' : ` (skipped: ${problem})`;

fetchTest(`fetch: the distribution's own package runs${reason}`, async t => {
  // `npm test` names the broker that it found; this test wants none to be there.
  const {find: run} = await find(t, {env: {...process.env, QUORATE_NATS_SERVER: ''}});
  const {version, origin} = await run();
  t.is(origin, 'fetched');
  t.regex(version, /^2\.\d+\.\d+/);
});
