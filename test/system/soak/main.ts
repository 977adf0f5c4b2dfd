/**
 * `npm run soak`: faults done to a real cluster for as long as you like. How it goes is told on
 * stderr, the summary on stdout; the exit code is 1 when a promise was broken.
 *
 * Invariant: however it ends, every process that it started is gone, and so are its disks and
 * networks.
 */
import {writeFileSync} from 'node:fs';
import {findBroker} from '../../../src/provision/broker.js';
import {ensureLibatomic, withLibraries} from '../../../src/provision/libatomic.js';
import {ProvisionProblem} from '../../../src/provision/problem.js';
import {startBed} from '../../helpers/bed.js';
import {readOptions, type SoakOptions} from './options.js';
import {describeRound, type Round} from './plan.js';
import {soak, type SoakReport} from './soak.js';

const FAILED = 1;
const INTERRUPTED = 130;
/** Enough that most are at rest while a fault strikes, few enough to be read often. */
const KEYS = 1_500;
/** So that a disk that is full is noticed within a round. */
const VALUE_BYTES = 2_000;

const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => interrupted.abort());
}

process.exitCode = await run(readOptions(process.argv));

async function run(options: SoakOptions): Promise<number> {
  const undo: Array<() => unknown> = [];
  const t = {
    teardown: (step: () => unknown) => void undo.unshift(step),
    log: Object.assign(say, {skip: () => {}}),
    passed: true,
  };
  try {
    await provision();
    say(`seed ${options.seed}: repeat with --seed ${options.seed}`);
    const load = {keys: KEYS, valueBytes: VALUE_BYTES};
    const bed = await startBed(t, {hosts: options.hosts, load});
    const startedMs = performance.now();
    const report = await soak(bed, {
      seed: options.seed,
      forMs: options.minutes * 60_000,
      signal: interrupted.signal,
      tell: teller(startedMs, options.minutes * 60_000),
    });
    t.passed = report.violations.length === 0;
    summarize(report, options, Math.round((performance.now() - startedMs) / 1_000));
    return t.passed ? (interrupted.signal.aborted ? INTERRUPTED : 0) : FAILED;
  } catch (error) {
    t.passed = false;
    say(`soak: ${error instanceof ProvisionProblem ? error.message : describe(error)}`);
    return FAILED;
  } finally {
    for (const step of undo) {
      await step();
    }
  }
}

/** The broker's program, and the libraries of the storage engine, for the processes to come. */
async function provision(): Promise<void> {
  const {path} = await findBroker({env: process.env, talk: say});
  const libraries = await ensureLibatomic({env: process.env, talk: say});
  Object.assign(process.env, withLibraries(process.env, libraries), {QUORATE_NATS_SERVER: path});
}

function teller(startedMs: number, forMs: number) {
  return (round: Round, {acknowledged, rounds, violations}: SoakReport) => {
    const elapsedMs = performance.now() - startedMs;
    const parts = [
      `${seconds(elapsedMs)} of ${seconds(forMs)}, ETA ${seconds(Math.max(0, forMs - elapsedMs))}`,
      `${acknowledged} writes acknowledged`,
      `${rounds.length} rounds`,
      `${violations.length} violations`,
    ];
    say(`${parts.join(', ')}; now: ${describeRound(round)}`);
  };
}

function summarize(report: SoakReport, {json, minutes}: SoakOptions, tookSeconds: number): void {
  const {seed, rounds, faults, operations, acknowledged, unknown, refused, violations} = report;
  const slowest = rounds.reduce((most, {wholeMs}) => Math.max(most, wholeMs), 0);
  const lines = [
    `seed ${seed}: ${rounds.length} rounds in ${tookSeconds} s`,
    `${operations} operations, ${acknowledged} writes acknowledged`,
    `${unknown} of unknown outcome, ${refused} refused`,
    `whole again after at most ${slowest} ms`,
    ...Object.entries(faults).map(([name, count]) => `  ${count} x ${name}`),
    ...Object.entries(report.skipped).map(([name, why]) => `  skipped, ${why}: ${name}`),
    `${violations.length} violations`,
    ...violations.map(violation => `  ${violation}`),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
  if (json !== undefined) {
    const whole = {schema: 'quorate.soak.v1', minutes, tookSeconds, ...report};
    writeFileSync(json, `${JSON.stringify(whole, null, 2)}\n`);
  }
}

function seconds(ms: number): string {
  return `${Math.round(ms / 1_000)} s`;
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
