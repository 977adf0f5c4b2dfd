/**
 * The soak: round after round of faults under load. After each the cluster has to become whole,
 * serve again, and hold what it acknowledged, a replica at a time.
 *
 * Invariant: a round's violations name the round, its faults and the seed that draws them.
 */
import {setTimeout as sleep} from 'node:timers/promises';
import {SimRandom} from '../../../src/sim/random.js';
import {type Bed, noneReason} from '../../helpers/bed.js';
import {FAULTS} from '../../helpers/faults/catalog.js';
import type {Fault, Remedy} from '../../helpers/faults/fault.js';
import {describeRound, planRound, type Round} from './plan.js';

export type SoakRound = {
  readonly no: number;
  readonly what: string;
  readonly holdMs: number;
  /** From the end of the faults until the cluster was whole. */
  readonly wholeMs: number;
};

export type SoakReport = {
  readonly seed: number;
  readonly rounds: readonly SoakRound[];
  /** How often each fault happened. */
  readonly faults: Readonly<Record<string, number>>;
  readonly operations: number;
  readonly acknowledged: number;
  readonly unknown: number;
  readonly refused: number;
  readonly violations: readonly string[];
  /** Faults that this machine has no tools for, and why. */
  readonly skipped: Readonly<Record<string, string>>;
};

export type SoakPlan = {
  readonly seed: number;
  /** No round begins after this. */
  readonly forMs: number;
  readonly signal: AbortSignal;
  readonly tell: (round: Round, report: SoakReport) => void;
};

const BETWEEN_FAULTS = 200;
const VIOLATIONS_MAX = 20;

export async function soak(bed: Bed, {seed, forMs, signal, tell}: SoakPlan): Promise<SoakReport> {
  const run = new Soak(bed, seed);
  const startedMs = performance.now();
  const random = new SimRandom(seed);
  for (let no = 1; performance.now() - startedMs < forMs && !signal.aborted; no += 1) {
    const round = planRound(random, no, run.possible, bed.cluster.ids);
    tell(round, run.report);
    await run.round(round);
    if (run.report.violations.length >= VIOLATIONS_MAX || run.isBroken) {
      break;
    }
  }

  return run.report;
}

class Soak {
  /** The cluster did not come back: nothing more can be said of it. */
  isBroken = false;
  readonly possible: readonly Fault[];
  readonly #rounds: SoakRound[] = [];
  readonly #faults: Record<string, number> = {};
  readonly #violations: string[] = [];
  readonly #skipped: Record<string, string> = {};
  #refused = 0;

  constructor(
    private readonly bed: Bed,
    private readonly seed: number,
  ) {
    this.possible = FAULTS.filter(({name, needs}) => {
      const why = needs.map(noneReason).find(reason => reason !== null);
      if (why !== undefined && why !== null) {
        this.#skipped[name] = why;
      }

      return why === undefined;
    });
  }

  get report(): SoakReport {
    const {load} = this.bed;
    return {
      seed: this.seed,
      rounds: this.#rounds,
      faults: this.#faults,
      operations: load.begun,
      acknowledged: load.acknowledged,
      unknown: load.unknown,
      refused: this.#refused,
      violations: this.#violations,
      skipped: this.#skipped,
    };
  }

  async round(round: Round): Promise<void> {
    const {load} = this.bed;
    const what = describeRound(round);
    const violate = (text: string) =>
      this.#violations.push(`seed ${this.seed}, round ${round.no} (${what}): ${text}`);
    try {
      load.start();
      await load.progress(BETWEEN_FAULTS);
      const wholeMs = await this.#strike(round);
      await load.progress(BETWEEN_FAULTS);
      await load.stop();
      this.#rounds.push({no: round.no, what, holdMs: round.holdMs, wholeMs});
      (await this.bed.violations()).forEach(violate);
    } catch (error) {
      this.isBroken = true;
      violate(`the cluster did not come back: ${String(error)}`);
    }

    this.#refused += load.failures.filter(({kind}) => kind === 'refused').length;
    load.failures.length = 0;
    load.contradictions.length = 0;
  }

  /** Faults begin one after the other, are held together, and end in the same order. */
  async #strike({faults, holdMs, random}: Round): Promise<number> {
    const remedies: Remedy[] = [];
    for (const {fault, host} of faults) {
      remedies.push(await fault.begin(this.bed, host, random.stream(`${fault.name} ${host}`)));
      this.#faults[fault.name] = (this.#faults[fault.name] ?? 0) + 1;
    }

    await sleep(holdMs);
    const endedMs = performance.now();
    for (const end of remedies) {
      await end();
    }

    await this.bed.whole();
    return Math.round(performance.now() - endedMs);
  }
}
