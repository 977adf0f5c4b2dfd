/**
 * A cluster as operators run it: a real broker, and hosts that are processes of their own, each
 * with its own data folder. Everything is ended and removed when the test is over; what the hosts
 * said is shown when it failed.
 *
 *   const cluster = await startProcesses(t);
 *   await cluster.host('h2').kill();
 */
import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import type {ExecutionContext} from 'ava';
import {connect, type NatsConnection} from '@nats-io/transport-node';
import {SystemRandom} from '../../src/adapters/system-random.js';
import {natsConf} from '../../src/broker/nats-conf.js';
import {createTopology, type TopologyOptions} from '../../src/topology/create.js';
import {serializeTopology, type Topology} from '../../src/topology/document.js';
import {startBroker, type TestBroker} from './broker.js';
import {HostProcess} from './host-process.js';
import type {Place} from './network.js';

/** One of the brokers: where it is, and what else its configuration says. */
export type BrokerSpec = {readonly place?: Place; readonly config?: string};

export type ProcessOptions = Omit<Partial<TopologyOptions>, 'hosts'> & {
  /** How many; they are called h1, h2, ... Default 3. */
  readonly hosts?: number;
  /** Where a host keeps its data; default is a folder of the test's own. */
  readonly dataOf?: (id: string) => string | undefined;
  /** Default: one on loopback. */
  readonly brokers?: readonly BrokerSpec[];
  /** Which of the brokers a host dials first; default the first. */
  readonly brokerOf?: (id: string) => number;
  readonly placeOf?: (id: string) => Place | undefined;
  /** Further arguments of each host's command. */
  readonly args?: readonly string[];
  readonly envOf?: (id: string) => Readonly<Record<string, string>> | undefined;
};

export type Test = Pick<ExecutionContext, 'teardown' | 'passed' | 'log'>;

const LINES_SHOWN = 40;

/** Resolves once every host serves. */
export async function startProcesses(
  t: Test,
  options: ProcessOptions = {},
): Promise<ProcessCluster> {
  const {hosts: count = 3, brokers: wanted = [{}], args = []} = options;
  const {dataOf, brokerOf, placeOf, envOf} = options;
  const ids = Array.from({length: count}, (_, index) => `h${index + 1}`);
  const topology = newTopology(ids, options);
  const folder = await mkdtemp(join(tmpdir(), 'quorate-system-'));
  t.teardown(() => rm(folder, {recursive: true, force: true}));
  const document = join(folder, 'cluster.json');
  await writeFile(document, serializeTopology(topology));

  const {
    partitions,
    cluster: {name: root},
  } = topology;
  const config = natsConf({partitions, root}).replace(/^listen.*$/m, '');
  const brokers = await Promise.all(
    wanted.map(spec => startBroker({...spec, config: `${config}\n${spec.config ?? ''}`})),
  );
  const hosts = ids.map(
    id =>
      new HostProcess({
        id,
        data: dataOf?.(id) ?? join(folder, id),
        server: brokers[brokerOf?.(id) ?? 0]?.url ?? '',
        topology: document,
        place: placeOf?.(id),
        env: envOf?.(id),
        args,
      }),
  );
  const cluster = new ProcessCluster({t, folder, topology, hosts, brokers});
  t.teardown(() => cluster.end());
  await cluster.startAll();
  return cluster;
}

export function newTopology(
  ids: readonly string[],
  {name, partitions, n, buckets}: Omit<Partial<TopologyOptions>, 'hosts'> = {},
): Topology {
  const hosts = ids.map(id => ({id}));
  return createTopology({hosts, name, partitions, n, buckets}, new SystemRandom()).topology;
}

type Parts = {
  readonly t: Test;
  readonly folder: string;
  readonly topology: Topology;
  readonly hosts: readonly HostProcess[];
  readonly brokers: readonly TestBroker[];
};

export class ProcessCluster {
  readonly folder: string;
  readonly topology: Topology;
  readonly hosts: readonly HostProcess[];
  readonly #t: Test;
  readonly #brokers: TestBroker[];

  constructor({t, folder, topology, hosts, brokers}: Parts) {
    this.folder = folder;
    this.topology = topology;
    this.hosts = hosts;
    this.#t = t;
    this.#brokers = [...brokers];
  }

  /** The first one. */
  get broker(): TestBroker {
    return this.#brokers[0] as TestBroker;
  }

  get brokers(): readonly TestBroker[] {
    return this.#brokers;
  }

  get ids(): string[] {
    return this.hosts.map(({id}) => id);
  }

  host(id: string): HostProcess {
    const found = this.hosts.find(known => known.id === id);
    if (found === undefined) {
      throw new TypeError(`the cluster has no host ${id}`);
    }

    return found;
  }

  /** A plain client's connection to that broker and no other; it outlives the broker's restart. */
  async connect(broker = 0): Promise<NatsConnection> {
    const connection = await connect({
      servers: this.#brokers[broker]?.url ?? '',
      ignoreClusterUpdates: true,
      maxReconnectAttempts: -1,
      reconnectTimeWait: 50,
    });
    this.#t.teardown(() => connection.close());
    return connection;
  }

  async startAll(): Promise<void> {
    await Promise.all(this.hosts.map(host => host.start()));
  }

  /** All within the same instant, as a power cut would. */
  async killAll(): Promise<void> {
    await Promise.all(this.hosts.map(host => host.kill()));
  }

  async stopAll(): Promise<void> {
    await Promise.all(this.hosts.map(host => host.stop()));
  }

  async stopBroker(): Promise<void> {
    await this.broker.stop();
  }

  async restartBroker(): Promise<void> {
    this.#brokers[0] = await this.broker.restart();
  }

  /** Ends everything by force. */
  async end(): Promise<void> {
    await this.killAll();
    await Promise.all(this.#brokers.map(broker => broker.stop()));
    if (!this.#t.passed) {
      this.tell(this.#t);
    }
  }

  /** What the hosts said lately. */
  tell({log}: Pick<Test, 'log'>): void {
    for (const {id, lines} of this.hosts) {
      log([`${id} said:`, ...lines.slice(-LINES_SHOWN)].join('\n'));
    }
  }
}
