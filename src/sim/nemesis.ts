/**
 * Nemesis decides what goes wrong in a simulation, and when, by chance from streams of the seed:
 * one for each kind of fault, so that a kind more or less leaves the others as they were. Whatever
 * host is down is started again after a while, as whoever runs it in production would.
 */
import type {Clock} from '../ports/clock.js';
import {Afflictions} from './afflictions.js';
import type {SimCluster} from './cluster.js';
import type {FaultEvent} from './faults.js';
import type {SimHost} from './sim-host.js';
import type {SimRandom} from './random.js';
import type {Swarm} from './swarm.js';

export class Nemesis {
  /** How often each kind has happened. */
  readonly happened: Partial<Record<FaultEvent, number>> = {};
  readonly #afflictions: Afflictions;
  readonly #downtimes: SimRandom;
  #isActive = false;

  constructor(
    private readonly cluster: SimCluster,
    private readonly clock: Clock,
    private readonly random: SimRandom,
    private readonly swarm: Swarm,
    tell: (what: string) => void,
  ) {
    this.#afflictions = new Afflictions({
      cluster,
      clock,
      swarm,
      tell,
      isActive: () => this.#isActive,
    });
    this.#downtimes = random.stream('downtimes');
  }

  start(): void {
    this.#isActive = true;
    this.cluster.disturb(this.swarm.network);
    for (const [kind, everyMs] of this.swarm.everyMs) {
      this.#plan(kind, everyMs, this.random.stream(kind));
    }
  }

  stop(): void {
    this.#isActive = false;
    this.cluster.heal();
  }

  /** The host's process has ended, for whatever reason. */
  down(host: SimHost): void {
    const [least, most] = this.#isActive ? this.swarm.downMs : CALM_DOWN_MS;
    this.clock.setTimeout(() => host.start(), this.#downtimes.between(least, most));
  }

  #plan(kind: FaultEvent, everyMs: number, random: SimRandom): void {
    this.clock.setTimeout(
      () => {
        if (this.#isActive) {
          if (this.#afflictions.strike(kind, random)) {
            this.happened[kind] = (this.happened[kind] ?? 0) + 1;
          }

          this.#plan(kind, everyMs, random);
        }
      },
      random.between(0.2 * everyMs, 1.8 * everyMs),
    );
  }
}

const CALM_DOWN_MS = [20, 100] as const;
