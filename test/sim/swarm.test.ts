import test from 'ava';
import {ALL_FAULTS, EVENTS, NETWORK_FAULTS} from '../../src/sim/faults.js';
import {SimRandom} from '../../src/sim/random.js';
import {describeSwarm, drawSwarm} from '../../src/sim/swarm.js';

const swarms = Array.from({length: 300}, (_, seed) => drawSwarm(new SimRandom(seed), ALL_FAULTS));

test('swarm: the same seed draws the same, and another one something else', t => {
  const again = drawSwarm(new SimRandom(7), ALL_FAULTS);
  t.deepEqual(again, swarms[7]);
  t.not(describeSwarm(again), describeSwarm(swarms[8]!));
});

test('swarm: each kind of fault is on in some runs and off in others', t => {
  for (const kind of EVENTS.filter(event => ALL_FAULTS.includes(event))) {
    const on = swarms.filter(({everyMs}) => everyMs.has(kind)).length;
    t.true(on > 60 && on < 200, `${kind}: ${on} of ${swarms.length}`);
  }
});

test('swarm: a kind more leaves the times of the others as they were', t => {
  const fewer = ALL_FAULTS.filter(kind => kind !== 'crash');
  const [less, more] = [fewer, ALL_FAULTS].map(kinds => drawSwarm(new SimRandom(3), kinds));
  const others = [...more!.everyMs].filter(([kind]) => kind !== 'crash');
  t.deepEqual([...less!.everyMs], others);
});

test('swarm: no bucket has more copies than its cluster, and no cluster more than hosts', t => {
  for (const {n, hosts, buckets} of swarms) {
    t.true(n <= hosts);
    t.true(buckets.every(({policy}) => (policy.n ?? n) <= n));
  }
});

test('swarm: with network faults alone nothing else happens, and commits are synced', t => {
  for (let seed = 0; seed < 50; seed += 1) {
    const {everyMs, durability, network} = drawSwarm(new SimRandom(seed), NETWORK_FAULTS);
    t.is(everyMs.size, 0);
    t.is(durability, 'fsync');
    t.is(network.repeat, 0);
  }
});
