/**
 * A cluster whose disks take so many operations a second and no more, offered three times that, on
 * virtual time.
 */
import test from 'ava';
import {startHost} from '../../actors/host/host.effects.js';
import {DEFAULT_HOST_CONFIG} from '../../src/config.js';
import {HEADER} from '../../src/edge/plain-requests.js';
import type {Clock} from '../../src/ports/clock.js';
import type {Storage} from '../../src/ports/storage.js';
import {SimClock} from '../../src/sim/clock.js';
import {SimDisk} from '../../src/sim/disk.js';
import {SimNetwork} from '../../src/sim/network.js';
import {SimRandom} from '../../src/sim/random.js';
import {Subjects} from '../../src/subjects.js';
import {createTopology} from '../../src/topology/create.js';

const HOSTS = ['h1', 'h2', 'h3'];
/** Each put is one operation on each host's disk, so this is also what the cluster can sustain. */
const PUTS_PER_SECOND = 500;
const {wantedMs} = DEFAULT_HOST_CONFIG.shedding;
/** Well within the two seconds after which a request is given up. */
const LATE_MS = 6 * wantedMs;

type Put = {readonly key: string; readonly sentMs: number; code: number; tookMs: number};

/** A disk that takes one operation after the other. */
function slow(inner: Storage, clock: Clock): Storage {
  return {
    open: done => inner.open(done),
    read: (keys, done) => inner.read(keys, done),
    scan: (range, done) => inner.scan(range, done),
    condemn: (why, done) => inner.condemn(why, done),
    salvage: (why, salvager, done) => inner.salvage(why, salvager, done),
    close: done => inner.close(done),
    commit: (operations, options, done) =>
      inner.commit(operations, options, failure => {
        clock.setTimeout(() => done(failure), (operations.length * 1_000) / PUTS_PER_SECOND);
      }),
  };
}

function startCluster() {
  const random = new SimRandom(1);
  const clock = new SimClock();
  const network = new SimNetwork({clock, random: random.stream('network')});
  const topology = createTopology(
    {hosts: HOSTS.map(id => ({id})), partitions: 3},
    random.stream('topology'),
  ).topology;
  let ready = 0;
  const counters = HOSTS.map(id => {
    const disk = new SimDisk(random.stream(`crash ${id}`)).storage(
      clock,
      random.stream(`disk ${id}`),
    );
    const host = startHost(
      {
        clock,
        random: random.stream(id),
        storage: slow(disk, clock),
        transport: network.connect(id),
        bulk: network.connect(`${id}.bulk`),
        exit: () => undefined,
      },
      {...DEFAULT_HOST_CONFIG, id, version: '0', topology},
      {
        onReady: () => {
          ready += 1;
        },
        onEvent: () => undefined,
        onStopped: () => undefined,
        onFailed: () => undefined,
      },
    );
    return host.counters;
  });
  const pass = (ms: number) => clock.run(clock.nowMs() + ms);
  while (ready < HOSTS.length) {
    pass(100);
  }

  return {clock, network, counters, pass};
}

/** A plain client that sends when something is due, and waits for nothing. */
function startClient({clock, network, pass}: ReturnType<typeof startCluster>) {
  const subjects = new Subjects('quorate');
  const transport = network.connect('client');
  const puts: Put[] = [];
  const reads = new Map<string, string>();
  transport.subscribe('_INBOX.put.*', {}, message => {
    const put = puts[Number(message.subject.slice('_INBOX.put.'.length))];
    if (put !== undefined && put.code === 0) {
      put.code = Number(message.header(HEADER.errorCode) || 200);
      put.tookMs = clock.nowMs() - put.sentMs;
    }
  });
  transport.subscribe('_INBOX.get.*', {}, ({subject, payload}) =>
    reads.set(subject.slice('_INBOX.get.'.length), Buffer.from(payload).toString()),
  );
  const hostOf = (no: number) => HOSTS[no % HOSTS.length] ?? '';
  return {
    /** What was sent, once nothing more can come of it. */
    offer: (perSecond: number, forMs: number): Put[] => {
      const first = puts.length;
      const count = (perSecond * forMs) / 1_000;
      for (let no = first; no < first + count; no += 1) {
        const key = `k${no}`;
        puts.push({key, sentMs: clock.nowMs(), code: 0, tookMs: 0});
        transport.publish(subjects.addressed(hostOf(no), 'put', `b.${key}`), Buffer.from(key), {
          reply: `_INBOX.put.${no}`,
        });
        pass(1_000 / perSecond);
      }

      return puts.slice(first);
    },
    /** Of those that were acknowledged, those that a quorum does not show. */
    lost: (): string[] => {
      const acknowledged = puts.filter(({code}) => code === 200);
      for (const [no, {key}] of acknowledged.entries()) {
        transport.publish(subjects.addressed(hostOf(no), 'get', `b.${key}`), new Uint8Array(0), {
          reply: `_INBOX.get.${key}`,
        });
        pass(2);
      }

      pass(2_000);
      return acknowledged.map(({key}) => key).filter(key => reads.get(key) !== key);
    },
  };
}

const codesOf = (puts: readonly Put[]): number[] =>
  [...new Set(puts.map(({code}) => code))].toSorted((a, b) => a - b);
const slowest = (puts: readonly Put[], code: number): number => {
  const times = puts.filter(put => put.code === code).map(({tookMs}) => tookMs);
  return times.toSorted((a, b) => a - b)[Math.floor(times.length * 0.99)] ?? 0;
};

test('overload: three times what disks can take is answered in time or refused at once', t => {
  const cluster = startCluster();
  const client = startClient(cluster);
  const calm = client.offer(PUTS_PER_SECOND / 2, 1_000);
  cluster.pass(1_000);
  t.deepEqual(codesOf(calm), [200]);

  const flood = client.offer(3 * PUTS_PER_SECOND, 6_000);
  const after = client.offer(PUTS_PER_SECOND / 2, 3_000);
  cluster.pass(3_000);
  t.deepEqual(codesOf(flood), [200, 429]);
  const done = flood.filter(({code}) => code === 200).length;
  t.true(done > flood.length / 4, `${done} of ${flood.length} were done`);
  t.true(slowest(flood, 200) < LATE_MS, `p99 ${slowest(flood, 200)}`);
  t.true(slowest(flood, 429) < 50, `p99 of refusals ${slowest(flood, 429)}`);

  const healthy = after.slice(after.length / 3);
  t.deepEqual(codesOf(healthy), [200], 'a second after the flood all is as before');
  t.true(slowest(healthy, 200) < wantedMs);
  t.deepEqual(client.lost(), []);
  const refused = cluster.counters.reduce((sum, one) => sum + one.get('requests_shed_full'), 0);
  t.is(refused, [...flood, ...after].filter(({code}) => code === 429).length);
  t.log(`${done} of ${flood.length} done, p99 ${Math.round(slowest(flood, 200))} ms`);
});
