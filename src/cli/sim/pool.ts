/**
 * Runs seeds side by side, a thread for each processor.
 *
 * Invariants:
 *   1. Seeds are begun in order, and each is told about once, unless somebody has had enough.
 *   2. A seed that takes too long is told about as one that failed.
 */
import {availableParallelism} from 'node:os';
import {Worker} from 'node:worker_threads';
import type {Faults} from '../../sim/faults.js';
import type {SimResult} from '../../sim/run.js';
import type {SeedTask} from './seed-worker.js';

export type SeedReport = Pick<SimResult, 'seed' | 'passed' | 'violations'> & Partial<SimResult>;

export type PoolOptions = {
  readonly start: number;
  readonly seeds: number;
  readonly faults: Faults;
  /** Default: one a processor. */
  readonly threads?: number;
  /** The compiled worker; another build's for tests of the simulator itself. */
  readonly workerUrl?: URL;
  /** For one seed. */
  readonly timeoutMs?: number;
  /** False ends the run: what else is under way is given up. */
  readonly onReport: (report: SeedReport) => boolean;
};

const WORKER = new URL('seed-worker.js', import.meta.url);
const TIMEOUT_MS = 120_000;

export async function runSeeds(options: PoolOptions): Promise<void> {
  const {seeds, threads = availableParallelism()} = options;
  const queue = new Seeds(options);
  const count = Math.min(threads, seeds);
  await Promise.all(Array.from({length: count}, () => new Thread(options, queue).run()));
}

/** What is left to run, for all threads. */
class Seeds {
  readonly #end: number;
  #next: number;

  constructor({start, seeds}: PoolOptions) {
    this.#next = start;
    this.#end = start + seeds;
  }

  take(): number | null {
    if (this.#next >= this.#end) {
      return null;
    }

    this.#next += 1;
    return this.#next - 1;
  }

  /** Nobody wants any more of them. */
  drop(): void {
    this.#next = this.#end;
  }
}

class Thread {
  #worker: Worker;

  constructor(
    private readonly options: PoolOptions,
    private readonly seeds: Seeds,
  ) {
    this.#worker = this.#start();
  }

  async run(): Promise<void> {
    for (let seed = this.seeds.take(); seed !== null; seed = this.seeds.take()) {
      const report = await this.#runOne(seed);
      if (!this.options.onReport(report)) {
        this.seeds.drop();
      }
    }

    await this.#worker.terminate();
  }

  #start(): Worker {
    return new Worker(this.options.workerUrl ?? WORKER);
  }

  #runOne(seed: number): Promise<SeedReport> {
    const {faults, timeoutMs = TIMEOUT_MS} = this.options;
    const worker = this.#worker;
    return new Promise(resolve => {
      const failed = (why: string) => {
        void worker.terminate();
        this.#worker = this.#start();
        end({seed, passed: false, violations: [why]});
      };
      const crashed = (error: Error) => failed(`the run broke: ${error.stack ?? error.message}`);
      const timer = setTimeout(() => failed(`no end within ${timeoutMs} ms`), timeoutMs);
      const end = (report: SeedReport) => {
        clearTimeout(timer);
        worker.off('message', end);
        worker.off('error', crashed);
        resolve(report);
      };
      worker.on('message', end);
      worker.on('error', crashed);
      const task: SeedTask = {seed, faults};
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, no window
      worker.postMessage(task);
    });
  }
}
