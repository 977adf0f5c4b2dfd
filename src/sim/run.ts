/**
 * One simulated run from one seed: a cluster starts, works under faults, heals, and is judged.
 *
 *   1. Safety: clients work while the chosen faults happen. Nothing that is claimed may be false.
 *   2. Liveness: faults stop, all hosts are up. Every request is answered, the replicas converge,
 *      and then all is quiet.
 */
import {partitionOf} from '../ring/partition.js';
import {ownersOf} from '../topology/lookup.js';
import type {Storage} from '../ports/storage.js';
import {checkBounds} from './checkers/bounds.js';
import {named} from './checkers/named.js';
import {checkQuiet} from './checkers/quiet.js';
import {SimClient} from './client.js';
import {SimClock} from './clock.js';
import {SimCluster} from './cluster.js';
import {claimsOf, History} from './history.js';
import {HEALING} from './healing.js';
import {NETWORK_FAULTS, type Faults} from './faults.js';
import {areEqual, judgeTheEnd} from './judgement.js';
import {Nemesis} from './nemesis.js';
import {boundOf} from './queue-bounds.js';
import {SimRandom} from './random.js';
import {readAll, settleLww} from './settling.js';
import {describeSwarm, drawSwarm, type Swarm} from './swarm.js';
import {Trace} from './trace.js';
import {Witness} from './witness.js';
import {Workload} from './workload.js';

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
  /** What the seed drew, in one line. */
  readonly swarm: string;
  readonly hosts: number;
  readonly partitions: number;
  readonly operations: number;
  /** Operations that were answered well, and the writes among them. */
  readonly acknowledged: number;
  readonly acknowledgedWrites: number;
  readonly attempts: number;
  readonly events: number;
  readonly virtualMs: number;
  /** How often each kind of fault happened. */
  readonly faults: Readonly<Record<string, number>>;
  readonly traceHash: string;
  /** Empty unless it was asked for. */
  readonly trace: readonly string[];
};

const VIOLATIONS_MAX = 50;
const SAFETY_MS_MAX = 30_000;
const START_MS_MAX = 20_000;
/** How long the replicas may take to become equal by themselves. */
const REPAIR_MS_MAX = 10 * 60_000;
const QUIET_MS = 60_000;
const LOOK_EVERY_MS = 50;
/** Past it a retry may come when its id was forgotten, by somebody else's clock. */
const JUMP_MS_MAX = 5_000;

export function runSeed(seed: number, options: SimOptions = {}): SimResult {
  return new Run(seed, options).run();
}

class Run {
  readonly #random: SimRandom;
  readonly #clock = new SimClock();
  readonly #trace: Trace;
  readonly #history = new History();
  readonly #violations: string[] = [];
  readonly #swarm: Swarm;
  readonly #cluster: SimCluster;
  readonly #nemesis: Nemesis;
  readonly #clients: readonly SimClient[];
  #isLooking = true;

  constructor(
    private readonly seed: number,
    private readonly options: SimOptions,
  ) {
    this.#random = new SimRandom(seed);
    this.#trace = new Trace(() => this.#clock.nowMs(), {keep: options.keepTrace === true});
    const {faults = NETWORK_FAULTS} = options;
    const swarm = drawSwarm(this.#random, faults);
    this.#swarm = swarm;
    this.#trace.add(describeSwarm(swarm));
    this.#cluster = this.#makeCluster();
    this.#nemesis = new Nemesis(
      this.#cluster,
      this.#clock,
      this.#random.stream('nemesis'),
      swarm,
      what => this.#trace.add(what),
    );
    this.#clients = Array.from({length: swarm.clients}, (_, index) => this.#client(index));
  }

  run(): SimResult {
    try {
      this.#live();
    } catch (error) {
      this.#blame(
        `actors: the run broke off: ${error instanceof Error ? error.stack : String(error)}`,
      );
    }

    return this.#result();
  }

  #live(): void {
    const cluster = this.#cluster;
    cluster.startAll();
    this.#lookAtQueues();
    const isUp = cluster.runUntil(() => cluster.isWhole, START_MS_MAX);
    if (isUp) {
      this.#beUnsafe();
      this.#beCalm();
    } else {
      this.#blame('liveness: the hosts did not become ready');
    }
  }

  #beUnsafe(): void {
    const {operations = this.#swarm.operations} = this.options;
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
      this.#blame('liveness: the hosts did not become whole after the faults were over');
      return;
    }

    cluster.run(1_000);
    const calmSinceMs = this.#clock.nowMs();
    const workload = this.#workload('calm work', 20);
    workload.start();
    if (!cluster.runUntil(() => workload.isDone, 5_000)) {
      this.#blame('liveness: requests were not answered after the faults were over');
    }

    this.#converge();
    cluster.run(1_000);
    this.#isLooking = false;
    const {moved} = cluster.witness;
    cluster.run(QUIET_MS);
    const end = judgeTheEnd(cluster, this.#history, calmSinceMs);
    [...end, ...named('quiet', checkQuiet(cluster.witness.moved - moved, QUIET_MS))].forEach(what =>
      this.#blame(what),
    );
  }

  /** By themselves, or by reads of every key from all its replicas. */
  #converge(): void {
    const cluster = this.#cluster;
    const settling = {
      cluster,
      history: this.#history,
      client: this.#clients[0] as SimClient,
      blame: (what: string) => this.#blame(`liveness: ${what}`),
    };
    if (!HEALING.repair) {
      readAll(settling);
    }

    settleLww(settling);
    if (!HEALING.repair) {
      readAll(settling);
    } else if (!cluster.runUntil(() => areEqual(cluster, this.#history), REPAIR_MS_MAX)) {
      this.#blame(`liveness: replicas still differ ${REPAIR_MS_MAX} ms after the faults were over`);
    }
  }

  #makeCluster(): SimCluster {
    const {hosts, partitions, n, buckets, isMapped, durability, everyMs, jumpMsMax} = this.#swarm;
    const witnessOptions = {
      areRetriesKnown: !everyMs.has('clock jump') || jumpMsMax <= JUMP_MS_MAX,
      areReadsMonotonic: HEALING.monotonicReads,
    };
    return new SimCluster({
      random: this.#random,
      clock: this.#clock,
      trace: this.#trace,
      hosts,
      topology: {partitions, n, buckets},
      isMapped,
      durability,
      witness: cluster =>
        new Witness(cluster, this.#history, what => this.#blame(what), witnessOptions),
      onBreak: what => this.#blame(`actors: ${what}`),
      onDown: host => this.#nemesis.down(host),
      tamper: this.options.tamper,
    });
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
      timeoutMs: this.#swarm.timeoutMs,
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
      mix: this.#swarm.mix,
      copiesOf: key => this.#cluster.witness.policyOf(key).n,
    });
  }

  #lookAtQueues(): void {
    for (const {id, running} of this.#cluster.hosts) {
      if (running !== null) {
        named('bounds', checkBounds(id, running.tree(), boundOf)).forEach(what =>
          this.#blame(what),
        );
      }
    }

    if (this.#isLooking) {
      this.#clock.setTimeout(() => this.#lookAtQueues(), LOOK_EVERY_MS);
    }
  }

  #blame(violation: string): void {
    if (this.#violations.length < VIOLATIONS_MAX) {
      this.#trace.add(`VIOLATION ${violation}`);
      this.#violations.push(violation);
    }
  }

  #result(): SimResult {
    const {operations, attempts} = this.#history;
    const done = operations.filter(one => claimsOf(one).some(({code}) => code === 200));
    return {
      seed: this.seed,
      passed: this.#violations.length === 0,
      violations: this.#violations,
      swarm: describeSwarm(this.#swarm),
      hosts: this.#swarm.hosts,
      partitions: this.#swarm.partitions,
      operations: operations.length,
      acknowledged: done.length,
      acknowledgedWrites: done.filter(({verb}) => verb !== 'get').length,
      attempts: attempts.length,
      events: this.#trace.count,
      virtualMs: Math.round(this.#clock.nowMs()),
      faults: this.#nemesis.happened,
      traceHash: this.#trace.hash,
      trace: this.#trace.lines,
    };
  }
}
