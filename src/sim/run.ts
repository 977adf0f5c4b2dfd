/**
 * One simulated run from one seed: a cluster starts, works under faults, heals, and is judged.
 *
 *   1. Safety: clients work while the chosen faults happen. Nothing that is claimed may be false.
 *   2. Liveness: faults stop, all hosts are up. Every request is answered, the replicas converge,
 *      and then all is quiet.
 */
import type {Storage} from '../ports/storage.js';
import {checkBounds} from './checkers/bounds.js';
import {named} from './checkers/named.js';
import {checkQuiet} from './checkers/quiet.js';
import type {SimClient} from './client.js';
import {NETWORK_FAULTS, type Faults} from './faults.js';
import {claimsOf} from './history.js';
import {areEqual, crowdedKeys, deletedKeys, judgeTheEnd} from './judgement.js';
import {boundOf} from './queue-bounds.js';
import {settleLww} from './settling.js';
import {describeSwarm} from './swarm.js';
import {World} from './world.js';

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

const SAFETY_MS_MAX = 30_000;
const START_MS_MAX = 20_000;
/** Several passes of the scrub, which has to meet all rot before. */
const HEAL_MS_MAX = 60_000;
/** An exchange in which a message was lost ends within it. */
const SETTLE_MS = 15_000;
/** How long hints may take to be delivered. */
const HINTS_MS_MAX = 60_000;
/** How long the replicas may take to become equal by themselves. */
const REPAIR_MS_MAX = 2 * 60_000;
/** How long it may take to forget what was deleted. */
const PURGE_MS_MAX = 3 * 60_000;
const QUIET_MS = 30_000;
const LOOK_EVERY_MS = 50;

export function runSeed(seed: number, options: SimOptions = {}): SimResult {
  const {faults = NETWORK_FAULTS, keepTrace = false, operations, tamper} = options;
  const world = new World(seed, {faults, keepTrace, tamper});
  try {
    new Run(world, operations ?? world.swarm.operations).run();
  } catch (error) {
    const what = error instanceof Error ? error.stack : String(error);
    world.blame(`actors: the run broke off: ${what}`);
  }

  return resultOf(seed, world);
}

class Run {
  #isLooking = true;

  constructor(
    private readonly world: World,
    private readonly operations: number,
  ) {}

  run(): void {
    const {cluster} = this.world;
    cluster.startAll();
    this.#lookAtQueues();
    if (cluster.runUntil(() => cluster.isWhole, START_MS_MAX)) {
      this.#beUnsafe();
      this.#beCalm();
    } else {
      this.world.blame('liveness: the hosts did not become ready');
    }
  }

  #beUnsafe(): void {
    const {cluster, nemesis, trace} = this.world;
    const workload = this.world.workload('work', this.operations);
    nemesis.start();
    workload.start();
    cluster.runUntil(() => workload.isDone, SAFETY_MS_MAX);
    workload.stop();
    nemesis.stop();
    trace.add('faults are over');
  }

  #beCalm(): void {
    const {world} = this;
    const {cluster, history, clock} = world;
    if (!cluster.runUntil(() => cluster.isWhole && !cluster.isRotten, HEAL_MS_MAX)) {
      world.blame('liveness: the hosts did not become whole after the faults were over');
      return;
    }

    cluster.run(1_000);
    const calmSinceMs = clock.nowMs();
    const workload = world.workload('calm work', 20);
    workload.start();
    if (!cluster.runUntil(() => workload.isDone, 5_000)) {
      world.blame('liveness: requests were not answered after the faults were over');
    }

    this.#converge();
    cluster.runUntil(() => cluster.witness.holdings.hints === 0, HINTS_MS_MAX, LOOK_EVERY_MS);
    cluster.run(SETTLE_MS);
    this.#isLooking = false;
    const {moved} = cluster.witness;
    cluster.run(QUIET_MS);
    const noise = checkQuiet(cluster.witness.moved - moved, QUIET_MS);
    this.#blameAll(judgeTheEnd(cluster, history, calmSinceMs));
    this.#blameAll(named('quiet', noise));
  }

  /** By themselves: nobody reads. */
  #converge(): void {
    const {world} = this;
    const {cluster, history} = world;
    const settling = {
      cluster,
      history,
      client: world.clients[0] as SimClient,
      blame: (what: string) => world.blame(`liveness: ${what}`),
    };
    if (
      !cluster.runUntil(() => cluster.witness.holdings.hints === 0, HINTS_MS_MAX, LOOK_EVERY_MS)
    ) {
      world.blame(`liveness: ${cluster.witness.holdings.hints} hints are still kept, faults over`);
    }

    const becomeEqual = () => {
      if (!cluster.runUntil(() => areEqual(cluster, history), REPAIR_MS_MAX, LOOK_EVERY_MS)) {
        world.blame(`liveness: replicas differ ${REPAIR_MS_MAX} ms after the faults were over`);
      }
    };

    // What one owner alone holds is covered by no write that another coordinates. One that has
    // forgotten a delete, or never had it, is equal with one that is about to forget it.
    becomeEqual();
    this.#forget();
    settleLww(settling);
    becomeEqual();
  }

  /** Where anything is forgotten at all, all that may be is once every host is there. */
  #forget(): void {
    const {cluster, history, swarm} = this.world;
    const deleted = () => deletedKeys(cluster, history);
    const crowded = () => crowdedKeys(cluster, history, swarm.spentPerCopy);
    const isDone = () => deleted().length + crowded().length === 0;
    if (swarm.purgeAgeMs !== null && !cluster.runUntil(isDone, PURGE_MS_MAX, LOOK_EVERY_MS)) {
      deleted().forEach(name => this.world.blame(`liveness: ${name} is deleted and not forgotten`));
      crowded().forEach(name => this.world.blame(`liveness: ${name} has spent entries left`));
    }
  }

  #lookAtQueues(): void {
    const {cluster, clock} = this.world;
    for (const {id, running} of cluster.hosts) {
      if (running !== null) {
        this.#blameAll(named('bounds', checkBounds(id, running.tree(), boundOf)));
      }
    }

    if (this.#isLooking) {
      clock.setTimeout(() => this.#lookAtQueues(), LOOK_EVERY_MS);
    }
  }

  #blameAll(violations: readonly string[]): void {
    violations.forEach(violation => this.world.blame(violation));
  }
}

function resultOf(seed: number, world: World): SimResult {
  const {history, swarm, violations, nemesis, trace, clock} = world;
  const {operations, attempts} = history;
  const done = operations.filter(one => claimsOf(one).some(({code}) => code === 200));
  return {
    seed,
    passed: violations.length === 0,
    violations,
    swarm: describeSwarm(swarm),
    hosts: swarm.hosts,
    partitions: swarm.partitions,
    operations: operations.length,
    acknowledged: done.length,
    acknowledgedWrites: done.filter(({verb}) => verb !== 'get').length,
    attempts: attempts.length,
    events: trace.count,
    virtualMs: Math.round(clock.nowMs()),
    faults: nemesis.happened,
    traceHash: trace.hash,
    trace: trace.lines,
  };
}
