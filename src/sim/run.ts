/**
 * One simulated run from one seed: a cluster starts, works under faults, heals, and is judged.
 *
 *   1. Safety: clients work while the chosen faults happen. Nothing that is claimed may be false.
 *   2. Liveness: faults stop, all hosts are up. Every request is answered, and the replicas
 *      converge.
 */
import {partitionOf} from '../ring/partition.js';
import {ownersOf} from '../topology/lookup.js';
import type {Storage} from '../ports/storage.js';
import {checkBounds} from './checkers/bounds.js';
import {SimClient, type Wish} from './client.js';
import {SimClock} from './clock.js';
import {SimCluster} from './cluster.js';
import {claimsOf, describe, History} from './history.js';
import {NETWORK_FAULTS, type Faults} from './faults.js';
import {judgeTheEnd} from './judgement.js';
import {Nemesis} from './nemesis.js';
import {boundOf} from './queue-bounds.js';
import {SimRandom} from './random.js';
import {Trace} from './trace.js';
import {Witness} from './witness.js';
import {SIM_BUCKETS, Workload} from './workload.js';

export type SimOptions = {
  readonly faults?: Faults;
  /** Of the safety phase; by chance when it is not given. */
  readonly operations?: number;
  /** Keeps every line of the trace. */
  readonly keepTrace?: boolean;
  /** For tests of the checkers: breaks the storage in a way that no disk does. */
  readonly tamper?: (storage: Storage) => Storage;
};

export type SimResult = {
  readonly seed: number;
  readonly passed: boolean;
  readonly violations: readonly string[];
  readonly hosts: number;
  readonly partitions: number;
  readonly operations: number;
  readonly acknowledged: number;
  readonly attempts: number;
  readonly events: number;
  readonly virtualMs: number;
  readonly traceHash: string;
  /** Empty unless it was asked for. */
  readonly trace: readonly string[];
};

const VIOLATIONS_MAX = 50;
const SAFETY_MS_MAX = 30_000;
const START_MS_MAX = 20_000;
const LOOK_EVERY_MS = 50;
/** Not all at once: more than fits would be turned down. */
const READ_EVERY_MS = 2;

export function runSeed(seed: number, options: SimOptions = {}): SimResult {
  return new Run(seed, options).run();
}

class Run {
  readonly #random: SimRandom;
  readonly #clock = new SimClock();
  readonly #trace: Trace;
  readonly #history = new History();
  readonly #violations: string[] = [];
  readonly #cluster: SimCluster;
  readonly #nemesis: Nemesis;
  readonly #clients: readonly SimClient[];

  constructor(
    private readonly seed: number,
    private readonly options: SimOptions,
  ) {
    this.#random = new SimRandom(seed);
    this.#trace = new Trace(() => this.#clock.nowMs(), {keep: options.keepTrace === true});
    const shape = this.#random.stream('shape');
    const hosts = 3 + shape.below(3);
    this.#cluster = new SimCluster({
      random: this.#random,
      clock: this.#clock,
      trace: this.#trace,
      hosts,
      topology: {partitions: shape.pick([1, 2, 3, 5, 7, 13]), n: 3, buckets: SIM_BUCKETS},
      isMapped: shape.chance(0.7),
      witness: cluster => new Witness(cluster, this.#history, what => this.#blame(what)),
      onBreak: what => this.#blame(what),
      onDown: host => this.#nemesis.down(host),
      tamper: options.tamper,
    });
    const {faults = NETWORK_FAULTS} = options;
    this.#nemesis = new Nemesis(
      this.#cluster,
      this.#clock,
      this.#random.stream('nemesis'),
      faults,
      what => this.#trace.add(what),
    );
    this.#clients = Array.from({length: 3 + shape.below(3)}, (_, index) => this.#client(index));
  }

  run(): SimResult {
    const cluster = this.#cluster;
    cluster.startAll();
    this.#lookAtQueues();
    const isUp = cluster.runUntil(() => cluster.isWhole, START_MS_MAX);
    if (isUp) {
      this.#beUnsafe();
      this.#beCalm();
    } else {
      this.#blame('the hosts did not become ready');
    }

    return this.#result();
  }

  #beUnsafe(): void {
    const {operations = 150 + this.#random.stream('size').below(150)} = this.options;
    const workload = this.#workload('work', operations);
    this.#nemesis.start();
    workload.start();
    this.#cluster.runUntil(() => workload.isDone, SAFETY_MS_MAX);
    workload.stop();
    this.#nemesis.stop();
    this.#trace.add('faults are over');
  }

  #beCalm(): void {
    const cluster = this.#cluster;
    if (!cluster.runUntil(() => cluster.isWhole, START_MS_MAX)) {
      this.#blame('the hosts did not become whole after the faults were over');
      return;
    }

    cluster.run(1_000);
    const calmSinceMs = this.#clock.nowMs();
    const workload = this.#workload('calm work', 20);
    workload.start();
    if (!cluster.runUntil(() => workload.isDone, 5_000)) {
      this.#blame('requests were not answered after the faults were over');
    }

    this.#readAll();
    this.#readAll();
    cluster.run(1_000);
    for (const violation of judgeTheEnd(cluster, this.#history, calmSinceMs)) {
      this.#blame(violation);
    }
  }

  /** Reads every key from all its replicas, which repairs whoever was found to hold less. */
  #readAll(): void {
    const [client] = this.#clients;
    const names = [...new Set(this.#history.operations.map(({name}) => name))];
    let left = names.length;
    for (const name of names) {
      const wish: Wish = {
        client: client?.id ?? '',
        verb: 'get',
        name,
        id: '',
        context: '',
        r: 'all',
        w: '',
        via: 'broker',
        wantsAll: true,
        paddingBytes: 0,
      };
      this.#cluster.run(READ_EVERY_MS);
      client?.begin([wish], (operation, told) => {
        left -= 1;
        if (told?.code !== 200 && told?.code !== 404) {
          const answer = `${told?.code ?? 'silence'} ${told?.text ?? ''}`;
          this.#blame(`${describe(operation)} with R=all, faults over: ${answer}`);
        }
      });
    }

    if (!this.#cluster.runUntil(() => left === 0, 5_000)) {
      this.#blame('reads were not answered after the faults were over');
    }
  }

  #client(index: number): SimClient {
    const {network, subjects, topology, hosts} = this.#cluster;
    const id = `c${index + 1}`;
    return new SimClient({
      id,
      clock: this.#clock,
      transport: network.connect(id),
      subjects,
      history: this.#history,
      hostsOf: name => {
        const owners = ownersOf(topology, partitionOf(name, topology.partitions));
        const others = hosts.map(host => host.id).filter(host => !owners.includes(host));
        return [...owners, ...owners, ...others];
      },
    });
  }

  #workload(name: string, operations: number): Workload {
    return new Workload({
      clock: this.#clock,
      random: this.#random.stream(name),
      clients: this.#clients,
      operations,
      n: 3,
    });
  }

  #lookAtQueues(): void {
    for (const {id, running} of this.#cluster.hosts) {
      if (running !== null) {
        checkBounds(id, running.tree(), boundOf).forEach(what => this.#blame(what));
      }
    }

    this.#clock.setTimeout(() => this.#lookAtQueues(), LOOK_EVERY_MS);
  }

  #blame(violation: string): void {
    if (this.#violations.length < VIOLATIONS_MAX) {
      this.#trace.add(`VIOLATION ${violation}`);
      this.#violations.push(violation);
    }
  }

  #result(): SimResult {
    const {operations, attempts} = this.#history;
    return {
      seed: this.seed,
      passed: this.#violations.length === 0,
      violations: this.#violations,
      hosts: this.#cluster.hosts.length,
      partitions: this.#cluster.topology.partitions,
      operations: operations.length,
      acknowledged: operations.filter(one => claimsOf(one).some(({code}) => code === 200)).length,
      attempts: attempts.length,
      events: this.#trace.count,
      virtualMs: Math.round(this.#clock.nowMs()),
      traceHash: this.#trace.hash,
      trace: this.#trace.lines,
    };
  }
}
