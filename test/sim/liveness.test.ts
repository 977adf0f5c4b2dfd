/** Gossip as a part of whole simulated hosts: what the board says, and when. */
import test from 'ava';
import {calm} from '../../src/sim/network-faults.js';
import {SimClient, type Wish} from '../../src/sim/client.js';
import {SimClock} from '../../src/sim/clock.js';
import {SimCluster} from '../../src/sim/cluster.js';
import {History} from '../../src/sim/history.js';
import {SimRandom} from '../../src/sim/random.js';
import {Trace} from '../../src/sim/trace.js';
import {Witness} from '../../src/sim/witness.js';
import {partitionOf} from '../../src/ring/partition.js';
import {ownersOf} from '../../src/topology/lookup.js';

function start(hosts: number, seed = 1) {
  const clock = new SimClock();
  const random = new SimRandom(seed);
  const trace = new Trace(() => clock.nowMs(), {keep: true});
  const history = new History();
  const broken: string[] = [];
  const blame = (what: string) => broken.push(what);
  const cluster = new SimCluster({
    random,
    clock,
    trace,
    hosts,
    topology: {partitions: 7, n: 3},
    isMapped: true,
    witness: made => new Witness(made, history, blame),
    onBreak: blame,
    onDown: () => {},
  });
  cluster.network.faults = calm;
  cluster.startAll();
  const isWhole = cluster.runUntil(() => cluster.isWhole, 20_000);
  /** What was said of hosts since, as `by host state`. */
  const said = () =>
    trace.lines.flatMap(line => {
      const [, by = '', details = ''] = /(h\d+) liveness (\{.*\})/.exec(line) ?? [];
      const {peer = '', state = ''} = JSON.parse(details || '{}') as Record<string, string>;
      return details === '' ? [] : [`${by} ${peer} ${state}`];
    });
  return {cluster, clock, history, said, isWhole, broken};
}

for (const hosts of [3, 9]) {
  test(`liveness: of ${hosts} hosts a killed one is down within 5 s at all others`, t => {
    const {cluster, said, isWhole} = start(hosts);
    t.true(isWhole);
    cluster.run(10_000);
    t.deepEqual(said(), []);
    cluster.host('h2').crash({loseUnsynced: true});
    cluster.run(5_000);
    const others = cluster.hosts.map(({id}) => id).filter(id => id !== 'h2');
    const down = said().filter(line => line.endsWith(' down'));
    t.deepEqual(down.toSorted(), others.map(by => `${by} h2 down`).toSorted());
    cluster.host('h2').start();
    cluster.run(5_000);
    const up = said().filter(line => line.endsWith(' up'));
    t.deepEqual(up.toSorted(), others.map(by => `${by} h2 up`).toSorted());
  });
}

test('liveness: a host whose cable is cut is down for the others, who are not for it', t => {
  const {cluster, said} = start(3);
  cluster.run(5_000);
  cluster.network.cut('h2');
  cluster.run(20_000);
  t.deepEqual(
    said()
      .filter(line => line.endsWith(' down'))
      .toSorted(),
    ['h1 h2 down', 'h3 h2 down'],
  );
  t.deepEqual(
    said().filter(line => line.startsWith('h2') && line.endsWith('down')),
    [],
  );
  cluster.network.heal('h2');
  cluster.run(10_000);
  const last = new Map(said().map(line => [line.slice(0, 5), line.slice(6)]));
  t.deepEqual(new Set(last.values()), new Set(['up']));
  t.true(last.has('h1 h2') && last.has('h3 h2'));
});

test('liveness: a host that stops in order is down within 5 s, and nobody else is', t => {
  const {cluster, said} = start(3);
  cluster.run(5_000);
  cluster.host('h3').stop();
  cluster.run(5_000);
  t.deepEqual(
    said()
      .filter(line => line.endsWith(' down'))
      .toSorted(),
    ['h1 h3 down', 'h2 h3 down'],
  );
});

test('liveness: at 1,000 requests a second nobody is suspected', t => {
  const {cluster, clock, history, said} = start(3);
  const {network, subjects, topology} = cluster;
  const client = new SimClient({
    id: 'c1',
    clock,
    transport: network.connect('c1'),
    subjects,
    history,
    timeoutMs: 400,
    hostsOf: name => ownersOf(topology, partitionOf(name, topology.partitions)),
  });
  let answered = 0;
  for (let no = 0; no < 5_000; no += 1) {
    const wish: Wish = {
      client: 'c1',
      verb: no % 2 === 0 ? 'put' : 'get',
      name: `b.k${no % 50}`,
      id: '',
      context: '',
      r: '',
      w: '',
      via: 'broker',
      wantsAll: false,
      paddingBytes: 0,
    };
    client.begin([wish], (_, told) => {
      answered += told === null ? 0 : 1;
    });
    cluster.run(1);
  }

  cluster.run(2_000);
  t.true(answered > 4_500);
  t.deepEqual(said(), []);
});
