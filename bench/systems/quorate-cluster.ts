/**
 * Quorate as it ships: one broker configured as `npm start` configures it, and host processes with
 * the default options (n 3, R and W quorum, fsync).
 */
import {mkdir, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {SystemRandom} from '../../src/adapters/system-random.js';
import {natsConf} from '../../src/broker/nats-conf.js';
import {greetsAsBroker} from '../../src/cli/up/port.js';
import {hostSpec} from '../../src/cli/up/specs.js';
import {VERSION} from '../../src/cli/version.js';
import {projectDir} from '../../src/provision/project-cache.js';
import {createTopology, type TopologyOptions} from '../../src/topology/create.js';
import {serializeTopology} from '../../src/topology/document.js';
import type {Child} from '../stage/child.js';
import {freePort, type Stage} from '../stage/stage.js';
import {until} from '../stage/wait.js';
import type {Address, Cluster, Process} from './system.js';

const LAUNCHER = join(projectDir, 'bin', 'quorate.js');
const LOOPBACK = '127.0.0.1';

export type QuorateOptions = {
  readonly hosts?: number;
  /** What a host's command line is prefixed with, for example to confine it. */
  readonly wrap?: (id: string) => readonly string[];
  readonly topology?: Omit<TopologyOptions, 'hosts'>;
  /** Further arguments of each host's command. */
  readonly args?: readonly string[];
};

export class QuorateCluster implements Cluster {
  readonly versions: Readonly<Record<string, string>>;
  #hosts: Child[] = [];

  private constructor(
    private readonly stage: Stage,
    private readonly folder: string,
    private readonly broker: Child,
    private readonly url: string,
    readonly ids: readonly string[],
    private readonly args: readonly string[],
  ) {
    this.versions = {quorate: VERSION, 'nats-server': stage.broker.version};
  }

  static async start(
    stage: Stage,
    folder: string,
    {hosts = 3, wrap, topology: given = {}, args = []}: QuorateOptions = {},
  ): Promise<QuorateCluster> {
    await mkdir(folder, {recursive: true});
    const ids = Array.from({length: hosts}, (_, index) => `h${index + 1}`);
    const hostIds = ids.map(id => ({id}));
    const {topology} = createTopology({...given, hosts: hostIds}, new SystemRandom());
    await writeFile(join(folder, 'cluster.json'), serializeTopology(topology), {mode: 0o600});
    const port = await freePort();
    const {
      partitions,
      cluster: {name: root},
    } = topology;
    const conf = join(folder, 'nats.conf');
    await writeFile(conf, natsConf({partitions, root, host: LOOPBACK, port}));
    const broker = stage.start({name: 'broker', command: [stage.broker.path, '-c', conf]});
    const greeted = until('the broker', stage.signal, async () =>
      (await greetsAsBroker({host: LOOPBACK, port})) ? true : null,
    );
    await Promise.race([greeted, broker.failure()]);
    const url = `nats://${LOOPBACK}:${port}`;
    const cluster = new QuorateCluster(stage, folder, broker, url, ids, args);
    await cluster.startHosts(wrap);
    return cluster;
  }

  get processes(): Process[] {
    const hosts = this.#hosts.map(({name, pid}) => ({name, pid}));
    return [{name: 'broker', pid: this.broker.pid}, ...hosts];
  }

  addressOf(): Address {
    return {servers: [this.url], place: ''};
  }

  /** Resolves once all of them serve. */
  async startHosts(wrap: QuorateOptions['wrap'] = () => []): Promise<void> {
    this.#hosts = this.ids.map(id => this.#start(id, wrap(id)));
    await Promise.all(this.#hosts.map(host => Promise.race([served(host), host.failure()])));
  }

  /** Resolves once it serves. */
  async startHost(id: string): Promise<void> {
    const host = this.#start(id, []);
    this.#hosts = this.#hosts.map(other => (other.name === host.name ? host : other));
    await Promise.race([served(host), host.failure()]);
  }

  async stopHost(id: string): Promise<void> {
    await this.#hosts.find(({name}) => name === nameOf(id))?.stop();
  }

  /** In order: their stores are closed, and can be opened again. */
  async stopHosts(): Promise<void> {
    await Promise.all(this.#hosts.map(host => host.stop()));
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#hosts, this.broker].map(child => child.kill()));
  }

  #start(id: string, wrap: readonly string[]): Child {
    const asked = {id, server: this.url, topology: join(this.folder, 'cluster.json')};
    const common = {dataDir: this.folder, env: this.stage.env, onPid() {}};
    const {command, env} = hostSpec([process.execPath, LAUNCHER, 'host'], asked, common);
    const [program = '', ...args] = [...wrap, ...command, ...this.args];
    return this.stage.start({name: nameOf(id), command: [program, ...args], env, ipc: true});
  }
}

const nameOf = (id: string): string => `host ${id}`;

function served(host: Child): Promise<void> {
  return new Promise(resolve => {
    host.process.once('message', () => resolve());
  });
}
