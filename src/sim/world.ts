/**
 * The world of one simulated run, made from its seed: what was drawn, the cluster, its clients,
 * what will go wrong, and the books that tell what happened.
 */
import {partitionOf} from '../ring/partition.js';
import {ownersOf} from '../topology/lookup.js';
import type {Storage} from '../ports/storage.js';
import {SimClient} from './client.js';
import {SimClock} from './clock.js';
import {SimCluster} from './cluster.js';
import type {Faults} from './faults.js';
import {History} from './history.js';
import {Nemesis} from './nemesis.js';
import {SimRandom} from './random.js';
import {describeSwarm, drawSwarm, type Swarm} from './swarm.js';
import {Trace} from './trace.js';
import {Witness} from './witness.js';
import {Workload} from './workload.js';

export type WorldOptions = {
  readonly faults: Faults;
  readonly keepTrace: boolean;
  readonly tamper: ((storage: Storage) => Storage) | undefined;
};

const VIOLATIONS_MAX = 50;

export class World {
  readonly clock = new SimClock();
  readonly history = new History();
  readonly violations: string[] = [];
  readonly swarm: Swarm;
  readonly trace: Trace;
  readonly cluster: SimCluster;
  readonly nemesis: Nemesis;
  readonly clients: readonly SimClient[];
  readonly #random: SimRandom;

  constructor(
    seed: number,
    private readonly options: WorldOptions,
  ) {
    this.#random = new SimRandom(seed);
    this.trace = new Trace(() => this.clock.nowMs(), {keep: options.keepTrace});
    this.swarm = drawSwarm(this.#random, options.faults);
    this.trace.add(describeSwarm(this.swarm));
    this.cluster = this.#makeCluster();
    this.nemesis = new Nemesis(
      this.cluster,
      this.clock,
      this.#random.stream('nemesis'),
      this.swarm,
      what => this.trace.add(what),
    );
    this.clients = Array.from({length: this.swarm.clients}, (_, index) => this.#client(index));
  }

  /** Some violation of what the hosts promise. */
  blame(violation: string): void {
    if (this.violations.length < VIOLATIONS_MAX) {
      this.trace.add(`VIOLATION ${violation}`);
      this.violations.push(violation);
    }
  }

  /** `name` makes its chances its own. */
  workload(name: string, operations: number): Workload {
    return new Workload({
      clock: this.clock,
      random: this.#random.stream(name),
      clients: this.clients,
      operations,
      mix: this.swarm.mix,
      copiesOf: key => this.cluster.witness.policyOf(key).n,
    });
  }

  #makeCluster(): SimCluster {
    const {hosts, partitions, n, buckets, isMapped, durability} = this.swarm;
    const witnessOptions = {
      // Else a retry may come when its id was forgotten, by somebody else's clock.
      areRetriesKnown: this.swarm.isTimeKnown,
    };
    return new SimCluster({
      random: this.#random,
      clock: this.clock,
      trace: this.trace,
      hosts,
      topology: {partitions, n, buckets},
      isMapped,
      durability,
      cacheBytes: this.swarm.cacheBytes,
      purgeAgeMs: this.swarm.purgeAgeMs ?? undefined,
      spentPerCopy: this.swarm.spentPerCopy,
      witness: cluster =>
        new Witness(cluster, this.history, what => this.blame(what), witnessOptions),
      onBreak: what => this.blame(`actors: ${what}`),
      onDown: host => this.nemesis.down(host),
      tamper: this.options.tamper,
    });
  }

  #client(index: number): SimClient {
    const {network, subjects, topology, hosts} = this.cluster;
    const id = `c${index + 1}`;
    return new SimClient({
      id,
      clock: this.clock,
      transport: network.connect(id),
      subjects,
      history: this.history,
      timeoutMs: this.swarm.timeoutMs,
      hostsOf: name => {
        const owners = ownersOf(topology, partitionOf(name, topology.partitions));
        const others = hosts.map(host => host.id).filter(host => !owners.includes(host));
        return [...owners, ...owners, ...others];
      },
    });
  }
}
