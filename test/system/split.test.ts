/**
 * Three sites, each with a broker of its own and a host, the brokers one NATS cluster. Cuts between
 * sites split brokers and hosts at once: what the brokers cannot carry, the store cannot either.
 */
import type {NatsConnection} from '@nats-io/transport-node';
import test, {type ExecutionContext} from 'ava';
import {getOp, operate} from '../helpers/ask-host.js';
import {noneReason} from '../helpers/bed.js';
import {startProcesses} from '../helpers/host-processes.js';
import {Network} from '../helpers/network.js';
import {Recorder} from '../helpers/recorder.js';
import {checkReplicas} from '../helpers/replicas.js';
import {plainRoute, type RouteAnswer} from '../helpers/routes.js';
import {settled} from '../helpers/settled.js';

const SITES = ['h1', 'h2', 'h3'] as const;
const CLUSTER_PORT = 6222;
const reason = noneReason('network');
const splitTest = reason === null ? test.serial : test.skip;
const titled = (title: string) => (reason === null ? title : `${title} (skipped: ${reason})`);

splitTest(
  titled('split: cut in two, each side does what it can and says so, and both meet again'),
  async t => {
    t.timeout(180_000);
    const {network, cluster, larger, smaller} = await startSites(t);
    const strong = new Recorder(t, plainRoute(larger), {inFlight: 16});
    const weak = new Recorder(t, plainRoute(smaller, {'Quorate-R': '1', 'Quorate-W': '1'}), {
      bucket: 'weak',
      inFlight: 8,
    });
    const loads = [strong, weak];
    loads.forEach(load => load.start());
    await Promise.all(loads.map(load => load.progress(200)));
    network.cut('h1', 'h3');
    network.cut('h2', 'h3');
    t.is((await put(smaller, '2', 'refused')).kind === 'ok', false);
    await Promise.all(loads.map(load => load.progress(400)));
    t.like(await put(larger, '2', 'larger'), {kind: 'ok', outcome: 'strict', acks: 2});
    t.like(await put(smaller, '1', 'smaller'), {kind: 'ok', outcome: 'weak', acks: 1});

    network.heal();
    await settled(larger, cluster.ids);
    await Promise.all(loads.map(load => load.progress(200)));
    await Promise.all(loads.map(load => load.stop()));
    // Neither knew of the other: both values stay.
    t.true((await valuesOf(larger)).includes('larger'));
    t.true((await valuesOf(larger)).includes('smaller'));
    for (const load of loads) {
      t.deepEqual((await checkReplicas(larger, cluster.topology, load)).lost, [], load.bucket);
    }

    t.deepEqual(strong.contradictions, []);
    t.deepEqual(await strong.verify(larger, cluster.ids), []);
  },
);

splitTest(
  titled('split: with two of three brokers cut from each other, all sites take quorum writes'),
  async t => {
    t.timeout(180_000);
    const {network, cluster, larger} = await startSites(t);
    const connections = await Promise.all(SITES.map((_, index) => cluster.connect(index)));
    const loads = connections.map(
      (connection, index) =>
        new Recorder(t, plainRoute(connection), {bucket: `through-${index}`, inFlight: 8}),
    );
    loads.forEach(load => load.start());
    await Promise.all(loads.map(load => load.progress(200)));
    network.cut('h2', 'h3');
    await Promise.all(loads.map(load => load.progress(400)));
    network.heal();
    await settled(larger, cluster.ids);
    await Promise.all(loads.map(load => load.progress(200)));
    await Promise.all(loads.map(load => load.stop()));
    for (const load of loads) {
      t.deepEqual((await checkReplicas(larger, cluster.topology, load)).lost, [], load.bucket);
      t.deepEqual(load.contradictions, [], load.bucket);
      t.deepEqual(await load.verify(larger, cluster.ids), [], load.bucket);
    }
  },
);

async function startSites(t: ExecutionContext) {
  const network = Network.create(t, SITES);
  const routes = SITES.map(id => `"nats://${network.place(id).address}:${CLUSTER_PORT}"`);
  const cluster = await startProcesses(t, {
    brokers: SITES.map(id => ({
      place: network.place(id),
      config: [
        `server_name: "${id}"`,
        'cluster {',
        '  name: "sites"',
        `  listen: "${network.place(id).address}:${CLUSTER_PORT}"`,
        `  routes: [${routes.join(', ')}]`,
        '}',
      ].join('\n'),
    })),
    brokerOf: id => SITES.indexOf(id as (typeof SITES)[number]),
    placeOf: id => network.place(id),
  });
  const larger = await cluster.connect(0);
  const smaller = await cluster.connect(2);
  await settled(larger, cluster.ids);
  return {network, cluster, larger, smaller};
}

function put(connection: NatsConnection, w: string, value: string): Promise<RouteAnswer> {
  const route = plainRoute(connection, {'Quorate-W': w});
  return route({verb: 'put', bucket: 'both', key: 'k', value});
}

async function valuesOf(connection: NatsConnection): Promise<string[]> {
  const [result] = await operate(connection, 'h1', [getOp(0, 'both', 'k', {r: 'all'})]);
  return (result?.[3] ?? []).map(value => Buffer.from(value).toString());
}
