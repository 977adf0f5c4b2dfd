import test from 'ava';
import {
  ConnectionLost,
  NotConnected,
  OutcomeUnknown,
  Overloaded,
  Unavailable,
} from '../../src/client/errors.js';
import type {WriteOptions} from '../../src/client/options.js';
import {encodeDone} from '../../src/wire/client-frames.js';
import {ok, type Script, silent, SimWorld} from './sim-world.js';

const code =
  (number: number, acks = 0): Script =>
  () => [number, acks];

const put = (world: SimWorld, options: WriteOptions = {}) =>
  world.client.put('users', 'k', 'v', options);

test('requests: go to the first owner alone when it answers', async t => {
  const world = new SimWorld({0: ok, 1: ok, 2: ok});
  t.like(await world.ended(put(world)), {acks: 2, slots: 3});
  t.deepEqual(world.asked, [0]);
});

test('requests of one turn leave as one message a host', async t => {
  const world = new SimWorld({0: ok, 1: ok, 2: ok});
  await world.ended(put(world));
  const many = Array.from({length: 90}, (_, number) => world.client.get('users', `k${number}`));
  await world.ended(Promise.allSettled(many));
  t.is(world.frames.length, 2);
  t.is(world.frames[1]?.ops.length, 90);
});

/** Of one turn: to how many hosts requests for many keys went. */
async function spread(call: (world: SimWorld, key: string) => Promise<unknown>): Promise<number> {
  const world = new SimWorld({0: ok, 1: ok, 2: ok}, {partitions: 7});
  await world.ended(put(world));
  const before = world.frames.length;
  const many = Array.from({length: 16}, (_, no) => call(world, `k${no}`));
  await world.ended(Promise.allSettled(many));
  return world.frames.length - before;
}

test('requests: gets of one turn go to one host, and writes that carry a context', async t => {
  t.is(await spread((world, key) => world.client.get('users', key)), 1);
  t.is(await spread((world, key) => world.client.put('users', key, 'v', {context: 'c'})), 1);
});

test("requests: writes without a context keep to their keys' first owners", async t => {
  t.is(await spread((world, key) => world.client.put('users', key, 'v')), 3);
});

for (const [what, script] of [
  ['is not there', null],
  ['answers 429', code(429)],
  ['answers 503', code(503)],
  ['answers 504 early', code(504)],
  ['says nothing', silent],
] as const) {
  test(`requests: an owner that ${what} loses it to the next, under the same id`, async t => {
    const world = new SimWorld(script === null ? {1: ok, 2: ok} : {0: script, 1: ok, 2: ok});
    t.like(await world.ended(put(world)), {acks: 2});
    t.is(world.asked.at(-1), 1);
    t.is(new Set(world.ids).size, 1);
  });
}

test('requests: a host that was not there comes last for the next ones', async t => {
  const world = new SimWorld({1: ok, 2: ok});
  await world.ended(put(world));
  world.start(world.owners[0] ?? '', ok);
  world.pass(100);
  await world.ended(put(world));
  t.deepEqual(world.asked, [1, 1]);
  world.pass(2_000);
  await world.ended(put(world));
  t.deepEqual(world.asked, [1, 1, 0]);
});

test('requests: 400 and 413 are final', async t => {
  for (const number of [400, 413]) {
    const world = new SimWorld({0: code(number), 1: ok, 2: ok});
    t.like(await world.ended(put(world)), {code: number, message: `the text of a ${number}`});
    t.deepEqual(world.asked, [0]);
  }
});

test('requests: 503 of every owner is told as the one that got furthest', async t => {
  const world = new SimWorld({0: code(503, 1), 1: code(503), 2: code(503)});
  const startMs = world.clock.nowMs();
  t.like(await world.ended(put(world)), {code: 503, acks: 1});
  t.is(world.frames.length, 15);
  t.true(world.clock.nowMs() - startMs < 1_000);
});

test('requests: 429 of every owner is tried again for as long as there is time', async t => {
  const world = new SimWorld({0: code(429), 1: code(429), 2: code(429)});
  const startMs = world.clock.nowMs();
  const error = await world.ended(put(world, {timeoutMs: 10_000}));
  t.true(error instanceof Overloaded);
  t.true(world.clock.nowMs() - startMs > 9_000);
  t.true(world.frames.length > 20 && world.frames.length < 120, String(world.frames.length));
});

test('requests: hosts that shed for seconds cost a call time, and nothing else', async t => {
  let isOver = false;
  const busy: Script = op => (isOver ? ok(op) : code(429)(op));
  const world = new SimWorld({0: busy, 1: busy, 2: busy}, {inFlightMax: 4});
  const calls = Array.from({length: 4}, () => put(world, {timeoutMs: 5_000}));
  world.pass(3_000);
  isOver = true;
  for (const call of calls) {
    t.like(await world.ended(call), {acks: 2});
  }
});

test('requests: a host that has just shed a request is not the next to be asked', async t => {
  const world = new SimWorld({0: code(429), 1: ok, 2: ok});
  await world.ended(put(world));
  await world.ended(put(world));
  t.deepEqual(world.asked, [0, 1, 1]);
  world.pass(1_000);
  await world.ended(put(world));
  t.deepEqual(world.asked, [0, 1, 1, 0, 1]);
});

test('requests: while all owners shed, each call asks one of them a round, not all', async t => {
  const world = new SimWorld({0: code(429), 1: code(429), 2: code(429)});
  await world.ended(put(world));
  const first = world.frames.length;
  await world.ended(put(world));
  t.true(world.frames.length - first <= first);
  const calls = Array.from({length: 20}, () => put(world));
  const operations = () => world.frames.reduce((sum, {ops}) => sum + ops.length, 0);
  const before = operations();
  await world.ended(Promise.allSettled(calls));
  t.true(operations() - before < 20 * 3 * 6);
});

test('requests: retries that no success pays for come late, and so few', async t => {
  const world = new SimWorld({0: code(429), 1: code(429), 2: code(429)}, {inFlightMax: 4});
  t.true((await world.ended(put(world))) instanceof Overloaded);
  const before = world.frames.length;
  t.true((await world.ended(put(world, {timeoutMs: 10_000}))) instanceof Overloaded);
  t.true(world.frames.length - before <= 3 * 20, String(world.frames.length - before));
});

test('requests: owners that come back within the time are found again', async t => {
  const world = new SimWorld({});
  const call = put(world);
  world.pass(100);
  for (const owner of world.owners) {
    world.start(owner, ok);
  }

  t.like(await world.ended(call), {acks: 2});
});

test('requests: no host at all is Unavailable, and no outcome is unknown', async t => {
  const world = new SimWorld({});
  const error = await world.ended(put(world));
  t.true(error instanceof Unavailable);
  t.false(error instanceof NotConnected);
});

test('a write that nobody answered ends as OutcomeUnknown at its deadline', async t => {
  const world = new SimWorld({0: silent, 1: silent, 2: silent});
  const startMs = world.clock.nowMs();
  const error = await world.ended(put(world));
  t.true(error instanceof OutcomeUnknown);
  t.like(error, {code: 504, id: world.ids[0]});
  t.true(world.clock.nowMs() - startMs >= 2_000);
  t.true(world.clock.nowMs() - startMs < 2_100);
});

test('a write that may have been carried out never ends as a plain failure', async t => {
  const world = new SimWorld({0: code(504, 1), 1: code(503), 2: code(503)});
  t.true((await world.ended(put(world))) instanceof OutcomeUnknown);
});

test('a late success of an owner that was given up still counts', async t => {
  const world = new SimWorld({});
  const [first = '', ...others] = world.owners;
  const late = world.start(first, silent);
  for (const owner of others) {
    world.start(owner, silent);
  }

  const call = put(world);
  world.pass(1_000);
  const no = world.frames[0]?.ops[0]?.[0] ?? 0;
  late.publish(
    world.frames[0]?.reply ?? '',
    encodeDone([[no, 200, '', [], 'late', 3, 3, 'strict']], 1),
  );
  t.like(await world.ended(call), {context: 'late'});
});

test('what was under way when the connection was lost is sent again under its id', async t => {
  const world = new SimWorld({0: silent, 1: ok, 2: ok});
  const call = world.client.put('users', 'k', 'v', {timeoutMs: 60_000});
  world.pass(50);
  world.network.cut('client');
  world.pass(20_000);
  t.false(world.client.isConnected);
  world.network.heal('client');
  t.like(await world.ended(call), {acks: 2});
  t.is(new Set(world.ids).size, 1);
});

test('what is under way when the connection is lost for good ends as ConnectionLost', async t => {
  const world = new SimWorld({0: silent, 1: silent, 2: silent});
  const call = world.client.put('users', 'k', 'v', {timeoutMs: 60_000});
  world.pass(50);
  world.network.cut('client');
  t.true((await world.ended(call)) instanceof ConnectionLost);
});

test('what is asked while there is no connection ends as NotConnected', async t => {
  const world = new SimWorld({0: ok, 1: ok, 2: ok});
  world.network.cut('client');
  world.pass(30_000);
  t.false(world.client.isConnected);
  t.true((await world.ended(put(world))) instanceof NotConnected);
  t.is(world.frames.length, 0);
});

test('past the bound of requests under way nothing is sent', async t => {
  const world = new SimWorld({0: silent, 1: silent, 2: silent}, {inFlightMax: 2});
  const calls = [put(world), put(world), put(world)];
  for (const call of calls) {
    call.catch(() => {});
  }

  t.true((await world.ended(calls[2] ?? put(world))) instanceof Overloaded);
  world.pass(50);
  t.is(world.frames.flatMap(({ops}) => ops).length, 2);
});
