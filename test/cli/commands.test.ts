import {writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import test from 'ava';
import {connect} from '../../src/client/connect.js';
import {shareCluster} from '../helpers/cluster.js';
import {until} from '../helpers/until.js';
import {temporaryFolder} from '../temporary.js';
import {type Ended, startCli} from './run-cli.js';

const cluster = shareCluster(test, {
  buckets: [{bucket: 'orders', policy: {quorum: 'strict', n: 3}}],
});

const run = async (args: string[], input?: Uint8Array | string): Promise<Ended> =>
  // Patient: a busy machine must not turn an answer into an unknown outcome.
  await startCli(['--server', cluster().url, '--timeout', '30000'], args, input).ended;

const anyBytes = Buffer.from([0, 1, 255, 254, 0xc3, 0x28, 10, 13, 10, 0, 37, 10]);

test('put and get: any bytes pass through stdin and stdout exactly', async t => {
  const put = await run(['put', 'bin', 'raw'], anyBytes);
  t.is(put.code, 0, put.stderr);
  t.is(put.stdout.length, 0);
  const got = await run(['get', 'bin', 'raw']);
  t.is(got.code, 0);
  t.deepEqual(got.stdout, anyBytes);
});

test('put and get: an argument comes back with no newline, an empty value empty', async t => {
  await run(['put', 'users', 'alice', '{"name":"Alice"}']);
  t.is((await run(['get', 'users', 'alice'])).stdout.toString(), '{"name":"Alice"}');
  await run(['put', 'users', 'empty', '-'], '');
  const empty = await run(['get', 'users', 'empty']);
  t.is(empty.code, 0);
  t.is(empty.stdout.length, 0);
});

test('get --json: shows value, encoding, context, acks, slots, outcome', async t => {
  await run(['put', 'users', 'bob', 'Bob']);
  const text = (await run(['get', 'users', 'bob', '--json'])).json();
  t.like(text, {
    schema: 'quorate.get.v1',
    found: true,
    value: 'Bob',
    encoding: 'utf8',
    slots: 3,
    outcome: 'strict',
  });
  await run(['put', 'users', 'bytes'], anyBytes);
  const bytes = (await run(['get', 'users', 'bytes', '--json'])).json();
  t.like(bytes, {encoding: 'base64', value: anyBytes.toString('base64')});
});

test('get: exits with 3 for a key that is not there, and says its context in JSON', async t => {
  const {code, stdout} = await run(['get', 'users', 'nobody']);
  t.is(code, 3);
  t.is(stdout.length, 0);
  const json = await run(['get', 'users', 'nobody', '--json']);
  t.is(json.code, 3);
  t.like(json.json(), {found: false, value: null, context: 'none'});
});

test('siblings: all are shown, can be an error, and are replaced by their context', async t => {
  for (const value of ['one', 'two']) {
    await run(['put', 'users', 'both', value, '--context', 'none']);
  }

  const all = await run(['get', 'users', 'both', '--siblings']);
  t.is(all.stdout.toString(), 'two\none\n');
  const strict = await run(['get', 'users', 'both', '--fail-on-siblings', '--json']);
  t.is(strict.code, 4);
  const {context} = strict.json() as {context: string};
  await run(['put', 'users', 'both', 'merged', '--context', context]);
  t.is((await run(['get', 'users', 'both', '--siblings'])).stdout.toString(), 'merged\n');
});

test('del: deletes, and deleting again succeeds', async t => {
  await run(['put', 'users', 'gone', 'v']);
  t.is((await run(['del', 'users', 'gone'])).code, 0);
  t.is((await run(['get', 'users', 'gone'])).code, 3);
  const again = await run(['del', 'users', 'gone', '--json']);
  t.is(again.code, 0);
  t.like(again.json(), {schema: 'quorate.del.v1', slots: 3});
});

test('exit codes: 2 for what cannot be, 8 for no broker, each with what, why and next', async t => {
  t.is((await run(['put', 'users'])).code, 2);
  t.is((await run(['get', 'users', 'k', '--r', 'abc'])).code, 2);
  const bad = await run(['get', 'us.ers', 'k', '--json']);
  t.is(bad.code, 2);
  const problem = bad.json() as Record<string, unknown>;
  t.like(problem, {schema: 'quorate.error.v1', code: 400, exitCode: 2});
  t.true(['what', 'why', 'next'].every(part => typeof problem[part] === 'string'));
  const none = await startCli(['--server', 'nats://127.0.0.1:1'], ['get', 'users', 'k']).ended;
  t.is(none.code, 8);
  t.regex(none.stderr, /why:.*\n.*next:/);
});

test('exit codes: 5 for a cluster that does not answer', async t => {
  const {code} = await run(['status', '--name', 'elsewhere']);
  t.is(code, 5);
});

test('status: a line for every host', async t => {
  const {stdout} = await run(['status']);
  t.regex(stdout.toString(), /3 of 3 hosts answer/);
  t.regex(stdout.toString(), /^h2 +up +serving +67\/67 +2\/2/m);
  const json = (await run(['status', '--json'])).json() as {hosts: Array<{answers: boolean}>};
  t.deepEqual(
    json.hosts.map(({answers}) => answers),
    [true, true, true],
  );
});

test('locate: names partition, owners and subject, however the key is given', async t => {
  const json = (await run(['locate', 'users.alice', '--json'])).json();
  t.like(json, {bucket: 'users', key: 'alice', subject: 'quorate.get.users.alice'});
  t.deepEqual((await run(['locate', 'users', 'alice', '--json'])).json(), json);
  t.regex((await run(['locate', 'users', 'alice'])).stdout.toString(), /^owners +h\d, h\d, h\d$/m);
});

test('buckets: shows named policies and the defaults', async t => {
  const text = (await run(['buckets'])).stdout.toString();
  t.regex(text, /^orders +3 .* strict /m);
  t.regex(text, /^\(others\) +3 .* sloppy /m);
});

test('actors: healthy partitions are one line, --all shows each, --host one host', async t => {
  const brief = (await run(['actors'])).stdout.toString();
  t.regex(brief, /67 partitions, each with its vnode +all serving/);
  t.false(brief.includes('partition.5 '));
  const all = (await run(['actors', '--host', 'h1', '--all'])).stdout.toString();
  t.true(all.includes('partition.5 '));
  t.notRegex(all, /^h2/m);
});

test('hints: a line for every host, and which of them keeps what for whom', async t => {
  const {stdout, code} = await run(['hints']);
  t.is(code, 0);
  t.regex(stdout.toString(), /^0 hints are kept/);
  t.regex(stdout.toString(), /^h2 +nobody$/m);
  const json = (await run(['hints', '--host', 'h1', '--json'])).json();
  t.like(json, {schema: 'quorate.hints.v1', hosts: [{host: 'h1', hints: {count: 0}}]});
});

test('actors --watch: draws again and again until it is interrupted', async t => {
  const watching = startCli(['--server', cluster().url], ['actors', '--host', 'h1', '--watch']);
  await until(() => watching.heard().split('last error').length > 2);
  watching.child.kill('SIGINT');
  t.is((await watching.ended).code, 0);
});

test('stdout that nobody reads any more ends a command quietly', async t => {
  await run(['put', 'bin', 'large'], Buffer.alloc(200_000, 'x'));
  const {child, ended} = startCli(['--server', cluster().url], ['get', 'bin', 'large']);
  child.stdout.destroy();
  t.is((await ended).stderr, '');
});

test('load: texts, base64 and JSON as values; bad lines are named by number', async t => {
  const lines = [
    '{"bucket":"loaded","key":"text","value":"as it is"}',
    '{"key":["with.dot","ü"],"value":{"a":[1,2]}}',
    '',
    '{"key":"bytes","value":{"base64":"AP8="}}',
  ];
  const file = join(temporaryFolder(t), 'records.ndjson');
  await writeFile(file, lines.join('\n'));
  const {code, stderr} = await run(['load', file, '--bucket', 'loaded']);
  t.is(code, 0, stderr);
  const client = await connect({servers: cluster().url});
  t.teardown(() => client.close());
  const textOf = async (key: string | string[]) =>
    Buffer.from((await client.get('loaded', key)).value ?? []).toString('latin1');
  t.is(await textOf('text'), 'as it is');
  t.is(await textOf(['with.dot', 'ü']), '{"a":[1,2]}');
  t.is(await textOf('bytes'), '\u0000ÿ');

  const bad = '{"key":"a","value":1}\nno json\n{"key":"","value":1}\n{"key":"b","value":2}\n';
  const stopped = await run(['load', '-', '--bucket', 'loaded'], bad);
  t.is(stopped.code, 2);
  t.regex(stopped.stderr, /line 2 cannot be loaded/);
  const skipped = await run(['load', '-', '--bucket', 'loaded', '--skip-bad', '--json'], bad);
  t.like(skipped.json(), {schema: 'quorate.load.v1', loaded: 2, bad: 2, done: true});
});

test('load: of several lines with one key the last one stays, without siblings', async t => {
  const lines = Array.from({length: 500}, (_, n) => JSON.stringify({key: 'same', value: `${n}`}));
  await run(['load', '-', '--bucket', 'repeated'], lines.join('\n'));
  const got = (await run(['get', 'repeated', 'same', '--json'])).json() as {siblings: unknown[]};
  t.like(got, {value: '499'});
  t.is(got.siblings.length, 1);
});

for (const signal of ['SIGKILL', 'SIGINT'] as const) {
  test(`load: cut off by ${signal} goes on where it was; everything is there once`, async t => {
    const count = 20_000;
    const bucket = `cut-${signal}`;
    const file = join(temporaryFolder(t), 'many.ndjson');
    const lines = Array.from({length: count}, (_, n) =>
      JSON.stringify({key: `k${n}`, value: `value ${n}`}),
    );
    await writeFile(file, lines.join('\n'));
    const first = startCli(['--server', cluster().url], ['load', file, '--bucket', bucket]);
    await until(() => first.heard().includes('20 %'));
    first.child.kill(signal);
    const {code} = await first.ended;
    t.is(code, signal === 'SIGINT' ? 130 : null);
    const second = await run(['load', file, '--bucket', bucket, '--json']);
    t.is(second.code, 0, second.stderr);
    t.like(second.json(), {done: true, loaded: count, lines: count, bad: 0});
    t.regex(second.stderr, /going on after line [1-9]/);

    const client = await connect({servers: cluster().url, timeoutMs: 30_000, inFlightMax: count});
    t.teardown(() => client.close());
    const got = await Promise.all(lines.map((_, n) => client.get(bucket, `k${n}`)));
    t.true(got.every((one, n) => one.found && one.text() === `value ${n}`));
    t.true(got.every(({siblings}) => siblings.length === 1));
  });
}
