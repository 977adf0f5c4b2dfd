import test, {type ExecutionContext} from 'ava';
import type {Message} from '../../src/ports/transport.js';
import {calm, type NetworkFaults} from '../../src/sim/network-faults.js';
import {SimNetwork, type SimNetworkOptions} from '../../src/sim/network.js';
import {SimClock} from '../../src/sim/clock.js';
import {SimRandom} from '../../src/sim/random.js';
import {testTransport} from '../contracts/transport-contract.js';

const pass = (clock: SimClock, forMs: number) => clock.run(clock.nowMs() + forMs);

function makeNetwork({seed = 1, ...options}: Partial<SimNetworkOptions> & {seed?: number} = {}) {
  const clock = new SimClock();
  const network = new SimNetwork({clock, random: new SimRandom(seed), ...options});
  return {clock, network};
}

async function openWorld(t: ExecutionContext) {
  t.timeout(20_000);
  const {clock, network} = makeNetwork();
  const until = async (condition: () => boolean) => {
    const endMs = clock.nowMs() + 60_000;
    while (!condition()) {
      if (clock.nowMs() > endMs) {
        throw new Error('waited in vain');
      }
      pass(clock, 1);
    }
  };
  const breakAll = async () => {
    for (const name of network.names) {
      network.cut(name);
    }
    pass(clock, calm.detectMs[1]);
  };
  const mendAll = async () => {
    for (const name of network.names) {
      network.heal(name);
    }
  };
  return {connect: async (name: string) => network.connect(name), until, breakAll, mendAll};
}

testTransport(test, 'simulated', openWorld);

const bytes = (...values: number[]) => Uint8Array.from(values);
const oneMs = calm.delayMs[1];
const far = 10 * calm.detectMs[1];

/** Publishes 0, 1, 2, ... and tells in which order they arrive. */
function flood(faults: Partial<NetworkFaults>, {seed = 1, messages = 200} = {}): number[] {
  const {clock, network} = makeNetwork({seed});
  const arrived: number[] = [];
  const [from, to] = [network.connect('from'), network.connect('to')];
  to.subscribe('flood', {}, ({payload}) => arrived.push(payload[0] ?? -1));
  pass(clock, 2 * oneMs);
  network.faults = {...calm, delayMs: [1, 20], ...faults};
  for (let n = 0; n < messages; n++) {
    from.publish('flood', bytes(n));
  }
  pass(clock, far);
  return arrived;
}

const ascending = (numbers: Iterable<number>) => [...numbers].toSorted((a, b) => a - b);
const inOrder = Array.from({length: 200}, (_, n) => n);

test('delay: order is kept, whatever the delays', t => {
  t.deepEqual(flood({}), inOrder);
});

test('loss: some are lost, the order of the others is kept', t => {
  const arrived = flood({loss: 0.2});
  t.true(arrived.length > 80 && arrived.length < 180);
  t.deepEqual(arrived, ascending(arrived));
});

test('reorder: all arrive, not in order', t => {
  const arrived = flood({reorder: 0.3});
  t.notDeepEqual(arrived, inOrder);
  t.deepEqual(ascending(arrived), inOrder);
});

test('repeat: some arrive more than once, none is missing', t => {
  const arrived = flood({repeat: 0.2});
  t.true(arrived.length > 220);
  t.deepEqual(ascending(new Set(arrived)), inOrder);
});

test('seeds: the same seed gives the same run, another one gives another', t => {
  const faults = {loss: 0.2, reorder: 0.3, repeat: 0.1};
  t.deepEqual(flood(faults, {seed: 7}), flood(faults, {seed: 7}));
  t.notDeepEqual(flood(faults, {seed: 7}), flood(faults, {seed: 8}));
});

test('bytes: what the sender changes after publishing, the receiver does not see', t => {
  const {clock, network} = makeNetwork();
  const one = network.connect('one');
  const heard: Message[] = [];
  one.subscribe('a', {}, message => heard.push(message));
  const payload = bytes(1, 2, 3);
  one.publish('a', payload);
  payload.fill(9);
  pass(clock, far);
  t.deepEqual(heard[0]?.payload, bytes(1, 2, 3));
});

test('mapping: what is published is routed under the mapped subject', t => {
  const {clock, network} = makeNetwork({mapping: subject => subject.replace(/^get\./, 'p.7.get.')});
  const one = network.connect('one');
  const heard: string[] = [];
  one.subscribe('get.>', {}, () => t.fail('mapped away'));
  one.subscribe('p.7.>', {queue: 'p7'}, ({subject}) => heard.push(subject));
  one.publish('get.users.alice', bytes());
  pass(clock, far);
  t.deepEqual(heard, ['p.7.get.users.alice']);
});

test('cut: until the broker notices, a queue group member that is cut keeps its share', t => {
  const {clock, network} = makeNetwork();
  const from = network.connect('from');
  const counts = {a: 0, b: 0};
  for (const name of ['a', 'b'] as const) {
    network.connect(name).subscribe('work', {queue: 'q'}, () => counts[name]++);
  }
  const work = (count: number) => {
    for (let n = 0; n < count; n++) {
      from.publish('work', bytes());
    }
    pass(clock, 10 * oneMs);
  };
  pass(clock, 2 * oneMs);
  network.cut('a');
  work(100);
  t.is(counts.a, 0);
  t.true(counts.b > 20 && counts.b < 80);

  pass(clock, calm.detectMs[1]);
  const before = counts.b;
  work(100);
  t.is(counts.b, before + 100);
});

test('cut: healed before anyone noticed, everything that was held back arrives', t => {
  const {clock, network} = makeNetwork();
  const [from, to] = [network.connect('from'), network.connect('to')];
  const changes: boolean[] = [];
  to.onConnected(connected => changes.push(connected));
  const heard: number[] = [];
  to.subscribe('a', {}, ({payload}) => heard.push(payload[0] ?? -1));
  pass(clock, 2 * oneMs);
  from.publish('a', bytes(0));
  network.cut('to');
  from.publish('a', bytes(1));
  pass(clock, calm.detectMs[0] / 2);
  t.deepEqual(heard, []);
  network.heal('to');
  from.publish('a', bytes(2));
  pass(clock, far);
  t.deepEqual(heard, [0, 1, 2]);
  t.deepEqual(changes, []);
});

for (const which of ['both', 'toBroker', 'fromBroker'] as const) {
  test(`cut: once noticed, what was held back is lost and the host dials again (${which})`, t => {
    const {clock, network} = makeNetwork();
    const [from, to] = [network.connect('from'), network.connect('to')];
    const changes: boolean[] = [];
    to.onConnected(connected => changes.push(connected));
    const heard: number[] = [];
    to.subscribe('a', {}, ({payload}) => heard.push(payload[0] ?? -1));
    from.subscribe('b', {}, ({payload}) => heard.push(payload[0] ?? -1));
    pass(clock, 2 * oneMs);
    network.cut('to', which);
    from.publish('a', bytes(1));
    to.publish('b', bytes(2));
    pass(clock, far);
    t.deepEqual(changes, [false]);
    t.deepEqual(heard, {both: [], toBroker: [1], fromBroker: [2]}[which]);

    network.heal('to');
    pass(clock, far);
    t.deepEqual(changes, [false, true]);
    from.publish('a', bytes(3));
    pass(clock, far);
    t.is(heard.at(-1), 3);
  });
}

test('cut: one during the dial is noticed, and healed like any other', t => {
  const {clock, network} = makeNetwork();
  const one = network.connect('one');
  network.cut('one');
  pass(clock, far);
  network.heal('one');
  pass(clock, calm.redialMs[0] / 2);
  network.cut('one');
  pass(clock, far);
  t.false(one.connected);
  network.heal('one');
  pass(clock, far);
  t.true(one.connected);
  network.cut('one');
  pass(clock, far);
  t.false(one.connected);
});

test('crash: nothing of the host runs again, and its name is free', t => {
  const {clock, network} = makeNetwork();
  const [from, to] = [network.connect('from'), network.connect('to')];
  to.subscribe('a', {}, () => t.fail('crashed'));
  to.onConnected(() => t.fail('crashed'));
  pass(clock, 2 * oneMs);
  from.publish('a', bytes(1));
  network.crash('to');
  to.publish('a', bytes(2));
  pass(clock, 2 * oneMs);

  const replies: boolean[] = [];
  from.subscribe('_INBOX.x', {}, ({unheard}) => replies.push(unheard));
  from.publish('a', bytes(3), {reply: '_INBOX.x'});
  pass(clock, far);
  t.deepEqual(replies, [true]);
  t.notThrows(() => network.connect('to'));
});

test('names: a second connection of the same name is a mistake', t => {
  const {network} = makeNetwork();
  network.connect('one');
  t.throws(() => network.connect('one'), {message: /already/});
});

test('repeat: what may not be repeated is not', t => {
  const {clock, network} = makeNetwork({mayRepeat: subject => subject !== 'once'});
  const [from, to] = [network.connect('from'), network.connect('to')];
  const counts = {once: 0, often: 0};
  to.subscribe('once', {}, () => counts.once++);
  to.subscribe('often', {}, () => counts.often++);
  pass(clock, 2 * oneMs);
  network.faults = {...calm, repeat: 0.5};
  for (let n = 0; n < 100; n++) {
    from.publish('once', bytes(n));
    from.publish('often', bytes(n));
  }
  pass(clock, far);
  t.is(counts.once, 100);
  t.true(counts.often > 150);
});

test('freeze: what is sent to a host that stands still waits for it', t => {
  const {clock, network} = makeNetwork();
  const [from, to] = [network.connect('from'), network.connect('to')];
  const heard: number[] = [];
  to.subscribe('a', {}, ({payload}) => heard.push(payload[0] ?? -1));
  pass(clock, 2 * oneMs);
  network.freeze('to');
  from.publish('a', bytes(1));
  pass(clock, calm.detectMs[0] / 2);
  t.deepEqual(heard, []);
  network.thaw('to');
  pass(clock, far);
  t.deepEqual(heard, [1]);
});

test('freeze: the broker gives up on a host that stands still, which learns it later', t => {
  const {clock, network} = makeNetwork();
  const [from, to] = [network.connect('from'), network.connect('to')];
  const changes: boolean[] = [];
  to.onConnected(connected => changes.push(connected));
  const heard: number[] = [];
  to.subscribe('a', {}, ({payload}) => heard.push(payload[0] ?? -1));
  pass(clock, 2 * oneMs);
  network.freeze('to');
  from.publish('a', bytes(1));
  pass(clock, far);
  t.deepEqual(changes, []);
  network.thaw('to');
  pass(clock, far);
  t.deepEqual(changes, [false, true]);
  from.publish('a', bytes(2));
  pass(clock, far);
  t.deepEqual(heard, [2]);
});

test('broker: with it every connection is lost at once, and is back when it is', t => {
  const {clock, network} = makeNetwork();
  const [from, to] = [network.connect('from'), network.connect('to')];
  const heard: number[] = [];
  to.subscribe('a', {}, ({payload}) => heard.push(payload[0] ?? -1));
  pass(clock, 2 * oneMs);
  from.publish('a', bytes(1));
  network.loseBroker();
  const late = network.connect('late');
  pass(clock, far);
  t.deepEqual([from.connected, to.connected, late.connected], [false, false, false]);
  t.deepEqual(heard, []);
  network.restoreBroker();
  pass(clock, far);
  t.deepEqual([from.connected, to.connected, late.connected], [true, true, true]);
  late.publish('a', bytes(2));
  pass(clock, far);
  t.deepEqual(heard, [2]);
});

test('broker: whoever is cut while it comes back stays cut', t => {
  const {clock, network} = makeNetwork();
  const one = network.connect('one');
  network.loseBroker();
  network.cut('one');
  network.restoreBroker();
  pass(clock, far);
  t.false(one.connected);
  network.heal('one');
  pass(clock, far);
  t.true(one.connected);
});

test('crash: one during the dial leaves no member of a queue group behind', t => {
  const {clock, network} = makeNetwork();
  const [from, to] = [network.connect('from'), network.connect('to')];
  to.subscribe('a', {queue: 'q'}, () => t.fail('crashed'));
  network.loseBroker();
  network.restoreBroker();
  const unheard: boolean[] = [];
  from.subscribe('_INBOX.x', {}, message => unheard.push(message.unheard));
  network.faults = {...calm, delayMs: [10, 300]};
  pass(clock, calm.redialMs[1] + 1);
  network.crash('to');
  pass(clock, far);
  from.publish('a', bytes(), {reply: '_INBOX.x'});
  pass(clock, far);
  t.deepEqual(unheard, [true]);
});

test('crash: one while the connection closes does not forget the next of that name', t => {
  const {clock, network} = makeNetwork();
  const one = network.connect('one');
  pass(clock, 2 * oneMs);
  network.cut('one');
  one.close(() => {});
  network.crash('one');
  network.connect('one');
  pass(clock, far);
  t.deepEqual(network.names, ['one']);
});
