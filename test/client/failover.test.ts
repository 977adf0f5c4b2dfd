import test, {type ExecutionContext} from 'ava';
import {connect, type ConnectOptions} from '../../src/client/connect.js';
import {NotConnected, QuorateError, Unavailable} from '../../src/client/errors.js';
import {startCluster, type TestCluster} from '../helpers/cluster.js';
import {until} from '../helpers/until.js';

async function open(t: ExecutionContext, cluster: TestCluster, options: ConnectOptions = {}) {
  const client = await connect({servers: cluster.url, ...options});
  t.teardown(() => client.close());
  return client;
}

const numbers = Array.from({length: 200}, (_, number) => number);

test('a host that stops under load costs no request, and no write is done twice', async t => {
  const cluster = await startCluster(t);
  const client = await open(t, cluster);
  const write = (round: string) =>
    numbers.map(number => client.put('k', `${round}${number}`, `${number}`, {context: 'none'}));
  const first = write('a');
  const stopped = cluster.host('h2').stop();
  const second = write('b');
  await Promise.all([...first, ...second, stopped]);
  await Promise.all(write('c'));
  const names = ['a', 'b', 'c'].flatMap(round => numbers.map(number => `${round}${number}`));
  const got = await Promise.all(names.map(name => client.get('k', name)));
  t.true(got.every(({siblings}) => siblings.length === 1));
});

test('a host that is cut off without a word costs no request', async t => {
  const cluster = await startCluster(t);
  const client = await open(t, cluster, {timeoutMs: 20_000});
  const first = numbers.map(number => client.put('k', `a${number}`, 'v', {context: 'none'}));
  await cluster.host('h1').cut();
  const second = numbers.map(number => client.put('k', `b${number}`, 'v', {context: 'none'}));
  await Promise.all([...first, ...second]);
  const names = numbers.flatMap(number => [`a${number}`, `b${number}`]);
  const got = await Promise.all(names.map(name => client.get('k', name)));
  t.true(got.every(({siblings}) => siblings.length === 1));
});

test('one host of three left is Unavailable for quorums, and serves R of 1', async t => {
  const cluster = await startCluster(t);
  const client = await open(t, cluster);
  await client.put('k', 'x', 'v', {w: 'all'});
  await Promise.all([cluster.host('h1').stop(), cluster.host('h2').stop()]);
  // The host that is left finds out with this one that it has lost the others, and cannot tell what
  // became of it.
  await t.throwsAsync(client.put('k', 'x', 'v'), {instanceOf: QuorateError});
  const error = await t.throwsAsync(client.put('k', 'x', 'w'), {instanceOf: Unavailable});
  t.true(error.attempts.length > 0);
  const got = await client.get('k', 'x', {r: 1});
  t.is(got.found && got.text(), 'v');
});

test('a broker that comes back within the time costs no request', async t => {
  const cluster = await startCluster(t);
  const client = await open(t, cluster, {timeoutMs: 30_000});
  await client.put('k', 'x', 'v');
  await cluster.broker.stop();
  await until(() => !client.isConnected);
  await t.throwsAsync(client.get('k', 'x', {timeoutMs: 50}), {instanceOf: NotConnected});
  const call = client.put('k', 'x', 'w');
  const broker = await cluster.broker.restart();
  t.teardown(() => broker.stop());
  t.like(await call, {slots: 3});
});
