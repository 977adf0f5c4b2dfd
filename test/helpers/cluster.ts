/**
 * A whole cluster for tests: a real broker, and hosts in this process on real RocksDB folders. All
 * of it is gone when the test is over.
 *
 *   const cluster = await startCluster(t, {hosts: 3});
 *   const transport = await cluster.connect();
 *   await cluster.host('h2').stop();
 */
import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import type {ExecutionContext, TestFn} from 'ava';
import {startHost, type RunningHost} from '../../actors/host/host.effects.js';
import {connectNats, type NatsTransport} from '../../src/adapters/nats-transport.js';
import {RocksStorage} from '../../src/adapters/rocks-storage.js';
import {SystemClock} from '../../src/adapters/system-clock.js';
import {SystemRandom} from '../../src/adapters/system-random.js';
import {natsConf} from '../../src/broker/nats-conf.js';
import {DEFAULT_HOST_CONFIG} from '../../src/config.js';
import {createTopology, type TopologyOptions} from '../../src/topology/create.js';
import type {Topology} from '../../src/topology/document.js';
import {startBroker, type TestBroker} from './broker.js';

export type ClusterOptions = Omit<Partial<TopologyOptions>, 'hosts'> & {
  /** How many; they are called h1, h2, ... Default 3. */
  readonly hosts?: number;
  /**
   * False: the broker knows no mappings. A number: it maps for so many partitions. Default true.
   */
  readonly mappings?: boolean | number;
};

export type TestCluster = {
  readonly broker: TestBroker;
  readonly url: string;
  readonly topology: Topology;
  readonly hosts: readonly TestHost[];
  host(id: string): TestHost;
  /** A connection of a test's own. */
  connect(): Promise<NatsTransport>;
};

/** All of them come, however slowly on a busy machine. */
const PATIENT_MS = 60_000;

type Teardown = Pick<ExecutionContext, 'teardown'>;

export async function startCluster(
  t: Teardown,
  options: ClusterOptions = {},
): Promise<TestCluster> {
  const {hosts: count = 3, mappings = true, ...wanted} = options;
  const ids = Array.from({length: count}, (_, index) => ({id: `h${index + 1}`}));
  const {topology} = createTopology({...wanted, hosts: ids}, new SystemRandom());
  const {
    partitions,
    cluster: {name: root},
  } = topology;
  const folder = await mkdtemp(join(tmpdir(), 'quorate-cluster-'));
  t.teardown(() => rm(folder, {recursive: true, force: true}));
  const mapped = typeof mappings === 'number' ? mappings : partitions;
  const config = natsConf({partitions: mapped, root}).replace(/^listen.*$/m, '');
  const broker = await startBroker(mappings === false ? {} : {config});
  t.teardown(() => broker.stop());

  const connect = async () => {
    const transport = await connectNats({servers: [broker.url], name: 'test', onError: () => {}});
    t.teardown(() => disconnect(transport));
    return transport;
  };
  const hosts = ids.map(({id}) => new TestHost(id, join(folder, id), broker.url, topology));
  t.teardown(() => Promise.all(hosts.map(host => host.stop())));
  await Promise.all(hosts.map(host => host.start(PATIENT_MS)));
  const host = (id: string) => {
    const found = hosts.find(known => known.id === id);
    if (found === undefined) {
      throw new TypeError(`the cluster has no host ${id}`);
    }

    return found;
  };
  return {broker, url: broker.url, topology, hosts, host, connect};
}

/** One cluster for all tests of a file, from before the first one until after the last. */
export function shareCluster(test: TestFn, options: ClusterOptions = {}): () => TestCluster {
  const undo: Array<() => unknown> = [];
  let cluster: TestCluster | null = null;
  test.before('the cluster starts', async () => {
    cluster = await startCluster({teardown: step => void undo.unshift(step)}, options);
  });
  test.after.always('the cluster stops', async () => {
    for (const step of undo) {
      await step();
    }
  });
  return () => {
    if (cluster === null) {
      throw new TypeError('the cluster is there only once the tests run');
    }

    return cluster;
  };
}

export class TestHost {
  /** What the host reported, as `kind details`. */
  readonly events: string[] = [];
  #live: {readonly running: RunningHost; readonly connections: readonly NatsTransport[]} | null =
    null;
  #ended: Promise<void> = Promise.resolve();

  constructor(
    readonly id: string,
    private readonly folder: string,
    private readonly url: string,
    private readonly topology: Topology,
  ) {}

  /** Throws while the host is stopped. */
  get running(): RunningHost {
    if (this.#live === null) {
      throw new TypeError(`${this.id} is stopped`);
    }

    return this.#live.running;
  }

  /**
   * Resolves once it serves, and the broker knows. It waits so long for peers that may be down.
   */
  async start(joinGraceMs = DEFAULT_HOST_CONFIG.joinGraceMs): Promise<void> {
    const {id, topology} = this;
    const onError = (error: unknown) => this.events.push(`transport ${String(error)}`);
    const transport = await connectNats({servers: [this.url], name: id, onError});
    const bulk = await connectNats({servers: [this.url], name: `${id}.bulk`, onError});
    let ended = () => {};
    this.#ended = new Promise(resolve => {
      ended = resolve;
    });
    await new Promise<void>((ready, failed) => {
      const running = startHost(
        {
          clock: new SystemClock(),
          random: new SystemRandom(),
          storage: new RocksStorage(this.folder),
          transport,
          bulk,
          exit: () => failed(new Error('an exit failpoint was hit in a host of this process')),
        },
        {
          ...DEFAULT_HOST_CONFIG,
          joinGraceMs,
          id,
          topology,
          version: '0.0.0',
          isDevelopment: true,
        },
        {
          onReady: ready,
          onEvent: (kind, details) => this.events.push(`${kind} ${JSON.stringify(details)}`),
          onStopped: ended,
          onFailed: failure => {
            this.events.push(`failed ${String(failure)}`);
            ended();
            failed(failure);
          },
        },
      );
      this.#live = {running, connections: [transport, bulk]};
    });
    await heard(transport, `_INBOX.ready.${id}`);
  }

  /** In order: drains, closes its store, disconnects. Does nothing when it is stopped already. */
  async stop(): Promise<void> {
    const live = this.#live;
    this.#live = null;
    if (live !== null) {
      live.running.stop();
      await this.#ended;
      await Promise.all(live.connections.map(disconnect));
    }
  }

  /**
   * Takes the host off the broker without a word, as a cut cable would; `stop` still closes its
   * store.
   */
  async cut(): Promise<void> {
    await Promise.all(this.#live?.connections.map(disconnect) ?? []);
  }
}

/** Resolves once the broker has read all that was published and subscribed to before. */
function heard(transport: NatsTransport, subject: string): Promise<void> {
  return new Promise(resolve => {
    const echo = transport.subscribe(subject, {}, () => {
      echo.unsubscribe();
      resolve();
    });
    transport.publish(subject, new Uint8Array(0));
  });
}

function disconnect(transport: NatsTransport): Promise<void> {
  return new Promise(resolve => transport.close(resolve));
}
