/**
 * What goes wrong in a simulation, and when: decided by chance, from one stream of the seed.
 * Whatever host is down is started again after a while, as whoever runs it in production would.
 */
import type {Clock} from '../ports/clock.js';
import {FAILPOINTS} from '../failpoints.js';
import type {Faults} from './faults.js';
import type {SimCluster} from './cluster.js';
import type {SimHost} from './sim-host.js';
import type {SimRandom} from './random.js';

const PAUSE_MS = {low: 40, high: 500};
const STALL_MS = {low: 20, high: 900};
const DOWN_MS = {low: 20, high: 800};

export class Nemesis {
  #isActive = false;

  constructor(
    private readonly cluster: SimCluster,
    private readonly clock: Clock,
    private readonly random: SimRandom,
    private readonly faults: Faults,
    private readonly tell: (what: string) => void,
  ) {}

  start(): void {
    this.#isActive = true;
    const {cluster, random, faults} = this;
    if (faults.network) {
      cluster.disturb({
        delayMs: [0.1, random.pick([1, 5, 20])],
        loss: random.pick([0, 0.005, 0.03]),
        reorder: random.pick([0, 0.05, 0.3]),
      });
    }

    this.#plan();
  }

  stop(): void {
    this.#isActive = false;
    this.cluster.heal();
  }

  /** The host's process has ended, for whatever reason. */
  down(host: SimHost): void {
    this.clock.setTimeout(() => host.start(), this.random.between(DOWN_MS.low, DOWN_MS.high));
  }

  #plan(): void {
    const acts = [
      ...(this.faults.crashes ? [() => this.#crash(), () => this.#crash()] : []),
      ...(this.faults.failpoints ? [() => this.#arm(), () => this.#arm()] : []),
      ...(this.faults.stalls ? [() => this.#stall()] : []),
      ...(this.faults.failedCommits ? [() => this.#failCommit()] : []),
    ];
    if (acts.length === 0) {
      return;
    }

    const {random} = this;
    this.clock.setTimeout(
      () => {
        if (this.#isActive) {
          random.pick(acts)();
          this.#plan();
        }
      },
      random.between(PAUSE_MS.low, PAUSE_MS.high),
    );
  }

  #crash(): void {
    const {random, cluster} = this;
    const loseUnsynced = random.chance(0.5);
    const victims = random.chance(0.1) ? cluster.hosts : [random.pick(cluster.hosts)];
    const isOrderly = random.chance(0.25);
    for (const host of victims) {
      if (isOrderly) {
        host.stop();
      } else {
        host.crash({loseUnsynced});
      }
    }
  }

  #arm(): void {
    const {random, cluster} = this;
    const name = random.pick(FAILPOINTS);
    const action = random.pick(['crash', 'crash', 'exit'] as const);
    const host = random.pick(cluster.hosts);
    if (host.running !== null) {
      this.tell(`${host.id} will ${action} at ${name}`);
      host.running.failpoints.arm(name, action, 1 + random.below(2));
    }
  }

  #stall(): void {
    const {disk, id} = this.random.pick(this.cluster.hosts);
    const forMs = this.random.between(STALL_MS.low, STALL_MS.high);
    this.tell(`the disk of ${id} stalls`);
    disk.hold();
    this.clock.setTimeout(() => disk.release(), forMs);
  }

  #failCommit(): void {
    const {random, cluster} = this;
    const host = random.pick(cluster.hosts);
    const code = random.pick(['FULL', 'FULL', 'IO'] as const);
    const applied = random.chance(0.5);
    this.tell(`${host.id} will fail a commit with ${code}${applied ? ', applied' : ''}`);
    host.disk.failNextCommit(code, {applied});
  }
}
