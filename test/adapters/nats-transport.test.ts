import {createConnection} from 'node:net';
import test, {type ExecutionContext} from 'ava';
import {type BrokerOptions, startBroker, type TestBroker} from '../helpers/broker.js';
import {until} from '../helpers/until.js';
import type {NatsOptions} from '../../src/adapters/nats-options.js';
import {connectNats} from '../../src/adapters/nats-transport.js';
import {testTransport} from '../contracts/transport-contract.js';

async function openWorld(t: ExecutionContext, options: BrokerOptions = {}) {
  let broker: TestBroker = await startBroker(options);
  t.teardown(() => broker.stop());
  const errors: unknown[] = [];

  const onError = (error: unknown) => errors.push(error);
  const connect = async (name: string, more: Partial<NatsOptions> = {}) => {
    const transport = await connectNats({servers: [broker.url], name, onError, ...more});
    t.teardown(() => new Promise<void>(resolve => transport.close(resolve)));
    return transport;
  };
  const breakAll = () => broker.stop();
  const mendAll = async () => {
    broker = await broker.restart();
  };
  const signal = (name: NodeJS.Signals) => process.kill(broker.pid, name);
  return {connect, until, breakAll, mendAll, signal, errors, url: broker.url};
}

testTransport(test, 'nats', t => openWorld(t));

const bytes = (text: string) => new TextEncoder().encode(text);

const publishA = (head: string) => `HPUB a ${head.length} ${head.length}\r\n${head}\r\n`;

/** Speaks the line protocol as a client of any other make would. */
async function rawPublish(t: ExecutionContext, url: string, lines: string): Promise<void> {
  const {port, hostname} = new URL(url);
  const socket = createConnection(Number(port), hostname);
  t.teardown(() => socket.destroy());
  let received = '';
  socket.setEncoding('utf8').on('data', (text: string) => {
    received += text;
  });
  socket.write(`CONNECT {"verbose":false,"headers":true}\r\n${lines}PING\r\n`);
  await until(() => received.includes('PONG'));
}

test('connect: fails when there is no broker', async t => {
  const broker = await startBroker();
  await broker.stop();
  await t.throwsAsync(connectNats({servers: [broker.url], name: 'x', onError: () => {}}));
});

test('close: while the broker is away, ends the dialling', async t => {
  const world = await openWorld(t);
  const one = await world.connect('one');
  await world.breakAll();
  await until(() => !one.connected);
  await new Promise<void>(resolve => one.close(resolve));
  await world.mendAll();
  const other = await world.connect('other');
  t.true(other.connected);
  t.false(one.connected);
});

test('counters: tell what vanished and how often the connection was lost', async t => {
  const world = await openWorld(t);
  const one = await world.connect('one');
  await world.breakAll();
  await until(() => !one.connected);
  one.publish('a', bytes('x'));
  one.publish('a', bytes('y'));
  await until(() => world.errors.length > 0);
  await world.mendAll();
  await until(() => one.connected);
  t.like(one.counters, {vanished: 2, losses: 1});
  // The same failure to dial, over and over, is reported once.
  t.is(world.errors.length, 1);
});

test('outage: what a broker allows is read anew after a reconnect', async t => {
  const port = await startBroker().then(async broker => {
    await broker.stop();
    return broker.port;
  });
  const small = await startBroker({port, config: 'max_payload: 1000'});
  const errors: unknown[] = [];
  const one = await connectNats({
    servers: [small.url],
    name: 'one',
    onError: error => errors.push(error),
  });
  t.teardown(() => new Promise<void>(resolve => one.close(resolve)));
  t.is(one.maxPayloadBytes, 1_000);
  const headers = [['Name', 'x'.repeat(900)]] as const;
  t.throws(() => one.publish('a', new Uint8Array(500), {headers}), {instanceOf: RangeError});

  await small.stop();
  const large = await startBroker({port, config: 'max_payload: 2000'});
  t.teardown(() => large.stop());
  await until(() => one.connected);
  t.is(one.maxPayloadBytes, 2_000);
  t.notThrows(() => one.publish('a', new Uint8Array(500), {headers}));
});

test('handlers: one that throws is counted and reported, and the next message arrives', async t => {
  const world = await openWorld(t);
  const one = await world.connect('one');
  let calls = 0;
  one.subscribe('a', {}, () => {
    calls++;
    throw new Error(`call ${calls}`);
  });
  one.publish('a', bytes('x'));
  one.publish('a', bytes('y'));
  await until(() => calls === 2);
  t.is(one.counters.handlerFailures, 2);
  t.deepEqual(world.errors.map(String), ['Error: call 1', 'Error: call 2']);
  t.true(one.connected);
});

test('headers: a message with unreadable headers reaches no handler and is counted', async t => {
  const world = await openWorld(t);
  const one = await world.connect('one');
  const heard: string[] = [];
  one.subscribe('a', {}, message => heard.push(message.header('Good')));
  one.subscribe('ready', {}, () => heard.push('ready'));
  one.publish('ready', bytes(''));
  await until(() => heard.length === 1);

  await rawPublish(t, world.url, publishA('NATS/1.0\r\nbad name: x\r\n\r\n'));
  await rawPublish(t, world.url, publishA('NATS/1.0\r\nGood: yes\r\nno colon\r\n\r\n'));
  await until(() => heard.length === 2);
  t.deepEqual(heard, ['ready', 'yes']);
  t.is(one.counters.malformed, 1);
  t.true(one.connected);
});

test('permissions: what the broker refuses is reported, and the connection lives on', async t => {
  const config = `authorization { users = [{user: u, password: p, permissions:
    {publish: {deny: "secret.>"}, subscribe: {deny: "secret.>"}}}] }`;
  const world = await openWorld(t, {config});
  await t.throwsAsync(world.connect('stranger'));
  const one = await world.connect('one', {credentials: {user: 'u', pass: 'p'}});
  const heard: string[] = [];
  one.subscribe('secret.a', {}, () => t.fail('not allowed'));
  one.publish('secret.a', bytes('x'));
  one.subscribe('open', {}, ({subject}) => heard.push(subject));
  one.publish('open', bytes('x'));
  await until(() => heard.length === 1 && world.errors.length === 2);
  t.true(world.errors.every(error => String(error).includes('Permissions Violation')));
  t.true(one.connected);
});

for (const [situation, floodMessages] of [
  ['with nothing to send', 0],
  ['with the socket full', 40],
] as const) {
  test(`silence: a frozen broker is given up and found again, ${situation}`, async t => {
    const world = await openWorld(t);
    const one = await world.connect('one', {pingIntervalMs: 100, unconfirmedBytesMax: 2 ** 26});
    let calls = 0;
    one.subscribe('a', {}, () => calls++);
    world.signal('SIGSTOP');
    for (let n = 0; n < floodMessages; n++) {
      one.publish('flood', new Uint8Array(1_000_000));
    }
    await until(() => !one.connected);
    world.signal('SIGCONT');
    await until(() => one.connected);
    one.publish('a', bytes('x'));
    await until(() => calls === 1);
    t.is(one.counters.losses, 1);
  });
}

test('silence: what a frozen broker has not read is bounded, the rest vanishes', async t => {
  const world = await openWorld(t);
  const one = await world.connect('one', {unconfirmedBytesMax: 2 ** 20});
  const heard: number[] = [];
  one.subscribe('flood', {}, ({payload}) => heard.push(payload.length));
  world.signal('SIGSTOP');
  for (let n = 0; n < 1_000; n++) {
    one.publish('flood', new Uint8Array(10_000));
  }
  const vanished = one.counters.vanished;
  world.signal('SIGCONT');
  t.true(vanished > 850 && vanished < 950);
  await until(() => heard.length === 1_000 - vanished);

  // Once the broker has caught up, all of the bound can be used again.
  const free = () => {
    const before = one.counters.vanished;
    one.publish('flood', new Uint8Array(10_000));
    return one.counters.vanished === before;
  };
  await until(free);
  t.true(one.connected);
});
