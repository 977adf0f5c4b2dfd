/** Gossip actors among themselves, on simulated time: who convicts whom, when, and why not. */
import test from 'ava';
import {createActor} from 'xstate';
import {gossipMachine} from '../../actors/gossip/gossip.machine.js';
import type {GossipEvent} from '../../actors/gossip/gossip.messages.js';
import {type News, NO_LOAD, packDigest} from '../../src/liveness/digest.js';
import {SimClock} from '../../src/sim/clock.js';
import {ITEM} from '../../src/wire/host-items.js';
import {GossipWorld} from '../helpers/gossip-world.js';

const HOUR_MS = 3_600_000;
const DETECTED_MS = 5_000;

/** A world in which all have heard each other. */
const settledWorld = (hosts: number, seed = 1, loss = 0) => {
  const world = new GossipWorld({hosts, seed, loss});
  world.pass(10_000 + 137 * seed);
  return world;
};

/** Runs the machine alone: xstate's pure transitions never return from one that ticks. */
function sight(events: ReadonlyArray<GossipEvent['type']>, passMs: number) {
  const effects: string[] = [];
  const note = (effect: string) => () => {
    effects.push(effect);
  };
  const machine = gossipMachine.provide({
    actions: {
      begin: note('begin'),
      beat: note('beat'),
      settle: note('settle'),
      trust: note('trust'),
      holdBack: note('holdBack'),
    },
  });
  const clock = new SimClock();
  const actor = createActor(machine, {clock, input: {tickMs: 500, graceMs: 3_000}}).start();
  events.forEach(type => actor.send({type}));
  clock.run(passMs);
  actor.stop();
  return effects;
}

test('sight: convicts nobody until the grace is over, and not without a broker', t => {
  const judged = (effects: string[]) => effects.filter(effect => effect !== 'beat');
  t.deepEqual(judged(sight([], 2_999)), ['begin', 'settle']);
  t.deepEqual(judged(sight([], 3_000)), ['begin', 'settle', 'trust']);
  const lost = ['begin', 'settle', 'holdBack'];
  t.deepEqual(judged(sight(['gossip.cutOff'], 60_000)), lost);
  const found = sight(['gossip.cutOff', 'gossip.connected'], 2_999);
  t.deepEqual(judged(found), [...lost, 'settle']);
});

test('pulse: beats in every state, also without a broker', t => {
  const beats = (effects: string[]) => effects.filter(effect => effect === 'beat').length;
  t.is(beats(sight([], 10_000)), 20);
  t.is(beats(sight(['gossip.cutOff'], 10_000)), 20);
});

for (const hosts of [2, 3, 9, 20]) {
  test(`killed: of ${hosts} hosts, one is down within 5 s for all others, and nobody else`, t => {
    for (const seed of [1, 2, 3]) {
      const world = settledWorld(hosts, seed);
      t.deepEqual(world.changes, []);
      world.member('h2').kill();
      world.pass(DETECTED_MS);
      t.deepEqual(new Set(world.views('h2')), new Set(['down']));
      t.deepEqual(new Set(world.changes.map(({host}) => host)), new Set(['h2']));
      t.regex(world.evidence('h1', 'h2'), /^the broker says nobody hears it, for \d\.\d s/);
    }
  });
}

test('killed: the evidence names who confirmed it', t => {
  const world = settledWorld(4);
  world.member('h2').kill();
  world.pass(DETECTED_MS);
  t.regex(world.evidence('h1', 'h2'), /; confirmed by h3, h4$/);
});

test('killed: who comes back is up at once, in a new life, even if its wall clock went back', t => {
  const world = settledWorld(3);
  const member = world.member('h2');
  member.kill();
  world.pass(20_000);
  member.wallOffsetMs = -86_400_000;
  member.start();
  world.pass(3_000);
  t.deepEqual(world.views('h2'), ['up', 'up']);
  world.pass(60_000);
  t.deepEqual(world.views('h2'), ['up', 'up']);
  member.kill();
  world.pass(DETECTED_MS);
  t.deepEqual(world.views('h2'), ['down', 'down']);
});

test('goodbye: a host that stops in order is suspect at once, then down; nobody else is', t => {
  const world = settledWorld(3);
  world.member('h2').leave();
  t.deepEqual(world.views('h2'), ['suspect', 'suspect']);
  world.pass(DETECTED_MS);
  t.deepEqual(world.views('h2'), ['down', 'down']);
  t.regex(world.evidence('h1', 'h2'), /^said goodbye \d\.\d s ago/);
  t.is(world.view('h1', 'h3'), 'up');
});

test('goodbye: those who said it are not counted among the silent (T26)', t => {
  const world = settledWorld(5);
  world.member('h2').leave();
  world.member('h3').leave();
  world.pass(DETECTED_MS);
  world.member('h4').kill();
  world.pass(DETECTED_MS);
  t.deepEqual(world.views('h4'), ['down', 'down']);
});

test('healthy: an hour of three hosts brings no suspicion, let alone a conviction', t => {
  const world = new GossipWorld({hosts: 3});
  world.pass(HOUR_MS);
  t.deepEqual(world.changes, []);
  t.true(world.messages > 20_000);
});

test('healthy: neither do ten minutes of nine hosts', t => {
  const world = new GossipWorld({hosts: 9});
  world.pass(HOUR_MS / 6);
  t.deepEqual(world.changes, []);
});

test('healthy: with one message in fifty lost nobody is convicted', t => {
  const world = new GossipWorld({hosts: 5, loss: 0.02});
  world.pass(HOUR_MS / 4);
  t.deepEqual(world.convictions, []);
});

test('stall: event loops that stand still for just under 2 s convict nobody (T51)', t => {
  for (const hosts of [2, 3, 5]) {
    const world = settledWorld(hosts);
    for (let no = 0; no < 60; no += 1) {
      world.member(`h${1 + (no % hosts)}`).stall(1_950);
      world.pass(2_100 + 137 * (no % 23));
    }

    t.deepEqual(world.convictions, []);
  }
});

test('stall: a host that slept for long blames nobody for what it did not hear (T51)', t => {
  const world = settledWorld(3);
  world.member('h2').stall(30_000);
  world.pass(40_000);
  t.deepEqual(
    world.changes.filter(({by}) => by === 'h2'),
    [],
  );
  t.deepEqual(world.views('h2'), ['up', 'up']);
});

test('frozen: a host that is silent for long is suspect, then down, then up again', t => {
  const world = settledWorld(3);
  world.member('h2').stall(20_000);
  world.pass(3_500);
  t.deepEqual(world.views('h2'), ['suspect', 'suspect']);
  t.regex(world.evidence('h1', 'h2'), /^silent for \d\.\d s, phi \d+\.\d/);
  world.pass(2_500);
  t.deepEqual(world.views('h2'), ['down', 'down']);
  world.pass(16_000);
  t.deepEqual(world.views('h2'), ['up', 'up']);
});

test('frozen: what a host announced to be slow at is allowed for', t => {
  const world = settledWorld(3);
  world.member('h2').stall(1_900);
  world.pass(4_000);
  t.true((world.member('h1').gossip.loadOf('h2')?.loopDelayMs ?? 0) > 1_000);
  world.changes.length = 0;
  world.member('h2').stall(3_500);
  world.pass(3_400);
  t.deepEqual(world.convictions, []);
});

test('one-way cut: a heartbeat through a third host counts; who is hard to reach is suspect', t => {
  const world = settledWorld(3);
  world.cuts.add('h2>h1');
  world.pass(60_000);
  t.deepEqual(world.convictions, []);
  t.is(world.view('h1', 'h2'), 'suspect');
  t.regex(world.evidence('h1', 'h2'), /^heard \d\.\d s ago, only through h3/);
  t.is(world.view('h3', 'h2'), 'up');
  world.cuts.clear();
  world.pass(5_000);
  t.is(world.view('h1', 'h2'), 'up');
});

test('cut: two that doubted each other say once that they are there, and not for ever', t => {
  for (const seed of [1, 2, 3, 4, 5]) {
    const world = settledWorld(2, seed);
    world.cuts.add('h1>h2').add('h2>h1');
    world.pass(3_500);
    const before = world.messages;
    world.cuts.clear();
    world.pass(2_000);
    const messages = world.messages - before;
    t.deepEqual([world.view('h1', 'h2'), world.view('h2', 'h1')], ['up', 'up']);
    t.true(messages < 30, `${messages} messages`);
  }
});

test('one-way cut: what the broker says is not enough while another hears the host', t => {
  const world = settledWorld(4);
  world.member('h1').unheard('h2');
  world.cuts.add('h2>h1').add('h1>h2');
  t.is(world.view('h1', 'h2'), 'suspect');
  world.pass(60_000);
  t.deepEqual(world.convictions, []);
  t.is(world.view('h1', 'h2'), 'suspect');
  world.cuts.clear();
  world.pass(5_000);
  t.is(world.view('h1', 'h2'), 'up');
});

test('broker lost: by one host, it judges nobody; it comes back and all is as before (T26)', t => {
  const world = settledWorld(3);
  world.member('h1').loseBroker();
  world.pass(30_000);
  t.deepEqual(
    world.changes.filter(({by}) => by === 'h1'),
    [],
  );
  t.is(world.member('h1').gossip.report().broker, 'lost');
  t.deepEqual([world.view('h2', 'h1'), world.view('h3', 'h1')], ['down', 'down']);
  world.member('h1').findBroker();
  world.pass(10_000);
  t.deepEqual(
    world.changes.filter(({by}) => by === 'h1'),
    [],
  );
  t.deepEqual(world.views('h1'), ['up', 'up']);
  t.is(world.member('h1').gossip.report().broker, 'connected');
});

test('broker lost: by all, who come back one after the other, nobody is convicted (T26)', t => {
  const world = settledWorld(5);
  world.ids.forEach(id => world.member(id).loseBroker());
  world.pass(20_000);
  for (const id of world.ids) {
    world.member(id).findBroker();
    world.pass(400);
  }

  world.pass(10_000);
  t.deepEqual(world.convictions, []);
  t.deepEqual(new Set(world.ids.flatMap(id => world.views(id))), new Set(['up']));
});

test('majority silent: a host that hears nobody convicts nobody, and says why (T26)', t => {
  for (const hosts of [3, 5]) {
    const world = settledWorld(hosts);
    world.ids.slice(1).forEach(id => world.member(id).kill());
    world.pass(60_000);
    t.deepEqual(world.convictions, []);
    const {hosts: seen, doubt} = world.member('h1').gossip.report();
    t.deepEqual(new Set(Object.values(seen).map(({state}) => state)), new Set(['suspect']));
    t.regex(doubt, /perhaps it is me/);
  }
});

test('minority: the larger side convicts the smaller, which convicts nobody', t => {
  const world = settledWorld(5);
  const [small, large] = [world.ids.slice(0, 2), world.ids.slice(2)];
  for (const one of small) {
    for (const other of large) {
      world.cuts.add(`${one}>${other}`).add(`${other}>${one}`);
      world.member(one).unheard(other);
      world.member(other).unheard(one);
    }
  }

  world.pass(30_000);
  t.deepEqual(new Set(world.convictions.map(({by}) => by)), new Set(large));
  t.deepEqual(new Set(world.convictions.map(({host}) => host)), new Set(small));
  world.cuts.clear();
  world.pass(10_000);
  t.deepEqual(new Set(world.ids.flatMap(id => world.views(id))), new Set(['up']));
});

test('flapping: a host that comes and goes is told of each time, and at the end it is up', t => {
  const world = settledWorld(3);
  for (let round = 0; round < 20; round += 1) {
    world.member('h2').loseBroker();
    world.pass(300 + 250 * (round % 7));
    world.member('h2').findBroker();
    world.pass(700 + 300 * (round % 5));
  }

  world.pass(10_000);
  t.deepEqual(world.views('h2'), ['up', 'up']);
  t.deepEqual(
    world.changes.filter(({host}) => host !== 'h2'),
    [],
  );
  t.true(world.changes.length <= 20 * 2 * 4);
});

test('restart: of the actor alone goes on with its heartbeats, and nobody notices', t => {
  const world = settledWorld(3);
  world.member('h2').restartActor();
  world.pass(30_000);
  t.deepEqual(world.changes, []);
});

test('load: of every host is known to every other, with the delay of its event loop', t => {
  const world = settledWorld(3);
  const {gossip} = world.member('h1');
  world.member('h2').load = {
    requests: 7,
    requestsMax: 64,
    mailbox: 3,
    commitMs: 12,
    loopDelayMs: 0,
  };
  world.pass(3_000);
  t.like(gossip.loadOf('h2'), {requests: 7, requestsMax: 64, mailbox: 3, commitMs: 12});
  t.is(gossip.loadOf('h9'), null);
});

test('take: what is no digest is counted, and changes nothing', t => {
  const world = settledWorld(3);
  const {gossip, counters} = world.member('h1');
  gossip.take('h2', [ITEM.gossip, 0, Buffer.from('noise')]);
  gossip.take('h2', [ITEM.gossip, 0, new Uint8Array(0)]);
  t.is(counters.get('items_malformed'), 2);
  world.pass(1_000);
  t.deepEqual(world.changes, []);
});

test('take: who speaks in the name of another is not believed', t => {
  const world = settledWorld(3);
  const {gossip, counters} = world.member('h1');
  const asH3: News = {host: 'h3', life: 2 ** 52, counter: 1, said: 0, forMs: 0, load: NO_LOAD};
  gossip.take('h2', [ITEM.gossip, 0, packDigest({asks: false, news: [asH3]})]);
  t.is(counters.get('items_malformed'), 1);
});

test('frozen: the first of the others fills its connection, until the broker lets go of it', t => {
  const world = settledWorld(3);
  world.member('h2').stall(20_000);
  world.pass(8_000);
  t.is(world.view('h1', 'h2'), 'down');
  t.deepEqual([...new Set(world.evictions.map(({by, host}) => `${by} ${host}`))], ['h1 h2']);
  world.member('h2').kill();
  world.pass(2_000);
  const {length} = world.evictions;
  world.pass(60_000);
  t.is(world.evictions.length, length);
});

test('killed: nothing is sent to a host of which the broker says that nobody hears it', t => {
  const world = settledWorld(3);
  world.member('h2').kill();
  world.pass(30_000);
  t.deepEqual(world.evictions, []);
});

test('alone: whoever is silent is pushed off in the end, though nobody is convicted', t => {
  const world = settledWorld(3);
  world.member('h2').stall(60_000);
  world.member('h3').stall(60_000);
  world.pass(7_000);
  t.deepEqual(world.evictions, []);
  world.pass(15_000);
  t.is(world.view('h1', 'h2'), 'suspect');
  t.deepEqual([...new Set(world.evictions.map(({by, host}) => `${by} ${host}`))].toSorted(), [
    'h1 h2',
    'h1 h3',
  ]);
});
