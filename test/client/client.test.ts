import test, {type ExecutionContext} from 'ava';
import {connect, type ConnectOptions} from '../../src/client/connect.js';
import type {Client} from '../../src/client/client.js';
import {
  BadRequest,
  NotConnected,
  Overloaded,
  TooLarge,
  Unavailable,
} from '../../src/client/errors.js';
import type {Key} from '../../src/client/options.js';
import {shareCluster} from '../helpers/cluster.js';

const cluster = shareCluster(test, {
  buckets: [{bucket: 'newest', policy: {conflicts: 'lww'}}],
});

/** With time enough for a machine that runs all other tests beside this one. */
async function open(t: ExecutionContext, options: ConnectOptions = {}): Promise<Client> {
  const client = await connect({servers: cluster().url, timeoutMs: 10_000, ...options});
  t.teardown(() => client.close());
  return client;
}

const textsOf = (siblings: readonly Uint8Array[]) =>
  siblings.map(value => Buffer.from(value).toString()).toSorted();

test('a put value comes back byte for byte, with its proof', async t => {
  const client = await open(t);
  const written = await client.put('users', 'alice', '{"name":"Alice"}');
  t.like(written, {slots: 3, outcome: 'strict', epoch: 1});
  t.true(written.acks >= 2);
  const got = await client.get('users', 'alice');
  t.true(got.found);
  if (got.found) {
    t.deepEqual(got.json(), {name: 'Alice'});
    t.is(got.text(), '{"name":"Alice"}');
    t.is(got.siblings.length, 1);
    t.is(got.context, written.context);
  }
});

test('values of any bytes, the empty one included, are kept exactly', async t => {
  const client = await open(t);
  const values = [
    new Uint8Array(0),
    Uint8Array.of(0),
    Uint8Array.from({length: 256}, (_, byte) => byte),
    new Uint8Array(200_000).fill(0xff),
  ];
  for (const [index, value] of values.entries()) {
    await client.put('binary', ['value', String(index)], value);
    const got = await client.get('binary', ['value', String(index)]);
    t.true(got.found);
    t.deepEqual(got.value, value);
  }
});

test('a write with the context of a missing key stands beside what others create', async t => {
  const client = await open(t);
  const missing = await client.get('users', 'never');
  t.like(missing, {found: false, value: null, context: 'none'});
  await client.put('users', 'never', 'theirs');
  await client.put('users', 'never', 'ours', {context: missing.context});
  const {siblings} = await client.get('users', 'never');
  t.deepEqual(textsOf(siblings), ['ours', 'theirs']);
});

test('two clients that write with one context leave siblings; the next replaces both', async t => {
  const [one, two] = [await open(t), await open(t)];
  await one.put('users', 'shared', 'first');
  const [seenByOne, seenByTwo] = [
    await one.get('users', 'shared'),
    await two.get('users', 'shared'),
  ];
  await one.put('users', 'shared', 'by one', {context: seenByOne.context});
  await two.put('users', 'shared', 'by two', {context: seenByTwo.context});
  const both = await one.get('users', 'shared');
  t.deepEqual(textsOf(both.siblings), ['by one', 'by two']);
  t.is(both.found && both.text(), 'by two');
  await two.put('users', 'shared', 'merged', {context: both.context});
  const {siblings} = await one.get('users', 'shared');
  t.deepEqual(textsOf(siblings), ['merged']);
});

test('a put without a context overwrites siblings, a delete without one deletes them', async t => {
  const client = await open(t);
  for (const value of ['a', 'b']) {
    await client.put('users', 'pile', value, {context: 'none'});
  }

  t.is((await client.get('users', 'pile')).siblings.length, 2);
  await client.put('users', 'pile', 'c');
  t.deepEqual(textsOf((await client.get('users', 'pile')).siblings), ['c']);
  await client.delete('users', 'pile');
  const gone = await client.get('users', 'pile');
  t.false(gone.found);
  t.not(gone.context, 'none');
});

test('a delete with an old context leaves what was written since', async t => {
  const client = await open(t);
  const old = await client.put('users', 'kept', 'old');
  await client.put('users', 'kept', 'new');
  await client.delete('users', 'kept', {context: old.context});
  t.deepEqual(textsOf((await client.get('users', 'kept')).siblings), ['new']);
});

test('a write that is repeated with its id is done once', async t => {
  const client = await open(t);
  for (let times = 0; times < 3; times += 1) {
    await client.put('users', 'once', 'value', {context: 'none', id: 'the one id'});
  }

  t.is((await client.get('users', 'once')).siblings.length, 1);
});

test('a bucket of its own policy keeps it', async t => {
  const client = await open(t);
  await client.put('newest', 'k', 'a', {context: 'none'});
  await client.put('newest', 'k', 'b', {context: 'none'});
  t.deepEqual(textsOf((await client.get('newest', 'k')).siblings), ['b']);
});

const keys: Key[] = [
  'plain',
  'a.b.c.d.e.f.g.h.i.j',
  'with space',
  '.leading and trailing.',
  'São Paulo',
  '日本.東京',
  '100%',
  '*',
  '>',
  ['exact', 'dot.inside', ' '],
  [Uint8Array.of(0xff, 0x00), 'after'],
  'x'.repeat(1024),
];

for (const key of keys) {
  const title = JSON.stringify(key).slice(0, 40);
  test(`keys: ${title} is a key of its own`, async t => {
    const client = await open(t);
    await client.put('keys', key, title);
    const got = await client.get('keys', key);
    t.is(got.found && got.text(), title);
  });
}

type Make = (client: Client) => Promise<unknown>;

const refused: ReadonlyArray<readonly [string, Make, typeof BadRequest | typeof TooLarge]> = [
  ['an empty key', client => client.get('users', ''), BadRequest],
  ['a key of no tokens', client => client.get('users', []), BadRequest],
  ['a key with an empty token', client => client.put('users', ['a', ''], 'v'), BadRequest],
  ['a key over 1 KiB', client => client.put('users', 'x'.repeat(1025), 'v'), TooLarge],
  ['a bucket with a dot', client => client.get('us.ers', 'k'), BadRequest],
  ['r of 0', client => client.get('users', 'k', {r: 0}), BadRequest],
  ['r of n + 1', client => client.get('users', 'k', {r: 4}), BadRequest],
  ['w of -1', client => client.put('users', 'k', 'v', {w: -1}), BadRequest],
  ['w that is no number', client => client.put('users', 'k', 'v', {w: Number.NaN}), BadRequest],
  ['a forged context', client => client.put('users', 'k', 'v', {context: 'abc'}), BadRequest],
  ['a timeout of 0', client => client.get('users', 'k', {timeoutMs: 0}), BadRequest],
  ['an id over 256', client => client.put('users', 'k', 'v', {id: 'i'.repeat(257)}), BadRequest],
  ['a value over the limit', client => client.put('users', 'k', new Uint8Array(262_145)), TooLarge],
  ['a value over a message', client => client.put('users', 'k', new Uint8Array(2e6)), TooLarge],
];

for (const [what, make, type] of refused) {
  test(`errors: ${what} is a ${type.name} that says what to do`, async t => {
    const client = await open(t);
    const error = await t.throwsAsync(make(client), {instanceOf: type});
    t.true(error.message.length > 20);
  });
}

test('errors: a context of another key is refused', async t => {
  const client = await open(t);
  const {context} = await client.put('users', 'mine', 'v');
  await t.throwsAsync(client.put('users', 'other', 'v', {context}), {instanceOf: BadRequest});
});

test('errors: a cluster name that nobody answers to is Unavailable, and says so', async t => {
  const client = await open(t, {name: 'elsewhere'});
  const error = await t.throwsAsync(client.put('users', 'k', 'v'), {instanceOf: Unavailable});
  t.regex(error.message, /elsewhere/);
  await t.throwsAsync(client.topology(), {instanceOf: Unavailable});
});

test('errors: no broker is NotConnected', async t => {
  await t.throwsAsync(connect({servers: 'nats://127.0.0.1:1'}), {instanceOf: NotConnected});
  await t.throwsAsync(connect({servers: 'nats://:x:y'}), {instanceOf: BadRequest});
});

test('many: 1,000 concurrent puts all come back', async t => {
  const client = await open(t);
  const numbers = Array.from({length: 1000}, (_, number) => number);
  await Promise.all(numbers.map(number => client.put('many', `k${number}`, `v${number}`)));
  const got = await Promise.all(numbers.map(number => client.get('many', `k${number}`)));
  t.true(got.every((one, number) => one.found && one.text() === `v${number}`));
});

test('many: what is past the bound of requests under way is turned down', async t => {
  const client = await open(t, {inFlightMax: 10});
  const puts = Array.from({length: 15}, (_, number) => client.put('many', `b${number}`, 'v'));
  const ended = await Promise.allSettled(puts);
  const reasons = ended.flatMap(one => (one.status === 'rejected' ? [one.reason as unknown] : []));
  t.is(reasons.length, 5);
  t.true(reasons.every(reason => reason instanceof Overloaded));
});

test('topology: names hosts and owners, and never the secret', async t => {
  const client = await open(t);
  const topology = await client.topology();
  t.deepEqual(
    topology.hosts.map(({id}) => id),
    ['h1', 'h2', 'h3'],
  );
  t.false(JSON.stringify(topology).includes(cluster().topology.cluster.secret));
});

test('ask: a host answers about itself; unknown hosts and questions are errors', async t => {
  const client = await open(t);
  t.like(await client.ask('h1', 'status'), {host: 'h1', epoch: 1});
  await t.throwsAsync(client.ask('h1', 'weather'), {instanceOf: BadRequest});
  await t.throwsAsync(client.ask('h9', 'status'), {instanceOf: Unavailable});
});

test('close: waits for what is under way, and turns down what comes later', async t => {
  const client = await open(t);
  const put = client.put('users', 'last', 'v');
  await client.close();
  t.like(await put, {slots: 3});
  await t.throwsAsync(client.get('users', 'last'), {instanceOf: NotConnected});
});
