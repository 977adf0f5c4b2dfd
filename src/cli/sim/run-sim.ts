/**
 * Runs seeds and says how they went: words for people, JSON for programs. The first seed that fails
 * ends the run, with the command that repeats it.
 */
import {ALL_FAULTS, NETWORK_FAULTS, type Faults} from '../../sim/faults.js';
import {runSeed, type SimResult} from '../../sim/run.js';
import {ExitCode} from '../exit-codes.js';
import {createMeter} from './meter.js';
import {runSeeds, type SeedReport} from './pool.js';
import {Totals} from './totals.js';

export type SimCommandOptions = {
  readonly faults: 'network' | 'all';
  readonly json?: true | undefined;
};

const SCHEMA = 'quorate.sim.v1';

export function runOne({seed, faults, json}: SimCommandOptions & {readonly seed: number}): number {
  const result = runSeed(seed, {faults: faultsOf(faults), keepTrace: json === true});
  if (json === true) {
    writeJson(result);
  } else {
    say(result.swarm);
    say(describeWork(result));
    say(describeOutcome(result));
    result.violations.forEach(violation => say(`  ${violation}`));
  }

  return result.passed ? ExitCode.ok : ExitCode.generic;
}

export async function runMany(
  options: SimCommandOptions & {readonly seeds: number; readonly start: number},
): Promise<number> {
  const {seeds, start, faults, json} = options;
  const meter = createMeter(seeds);
  const totals = new Totals();
  const failed: SeedReport[] = [];
  await runSeeds({
    start,
    seeds,
    faults: faultsOf(faults),
    onReport: report => {
      totals.add(report);
      meter.step();
      if (!report.passed) {
        failed.push(report);
      }

      return report.passed;
    },
  });
  meter.end();
  const [first] = failed.toSorted((a, b) => a.seed - b.seed);
  if (first !== undefined) {
    return tellFailure(first, options);
  }

  if (json === true) {
    writeJson({passed: true, start, kinds: faults, ...totals.toJson()});
  } else {
    say(`passed, ${totals.describe().join('\n')}`);
  }

  return ExitCode.ok;
}

function tellFailure(report: SeedReport, {faults, json}: SimCommandOptions): number {
  const {seed, passed, violations, swarm = ''} = report;
  const replay = replayCommand(seed, faults);
  if (json === true) {
    writeJson({passed, seed, swarm, violations, replay});
  } else {
    say(describeOutcome(report));
    say(`  ${swarm}`);
    violations.forEach(violation => say(`  ${violation}`));
    say(`replay it with: ${replay}`);
  }

  return ExitCode.generic;
}

export function replayCommand(seed: number, faults: SimCommandOptions['faults']): string {
  const wanted = faults === 'all' ? '' : ` --faults ${faults}`;
  return `npx quorate sim --seed ${seed}${wanted} --json`;
}

function describeWork(result: SimResult): string {
  const {operations, attempts, acknowledgedWrites, virtualMs, faults} = result;
  const work = `${operations} operations in ${attempts} attempts, ${acknowledgedWrites} writes`;
  const happened = Object.entries(faults).map(([kind, count]) => `${count} ${kind}`);
  return [`${work} acknowledged, ${virtualMs} virtual ms`, ...happened].join(', ');
}

function describeOutcome({seed, passed, violations, traceHash = ''}: SeedReport): string {
  return passed
    ? `seed ${seed} passed (trace ${traceHash.slice(0, 16)})`
    : `seed ${seed} failed: ${violations.length} violations`;
}

function faultsOf(kind: SimCommandOptions['faults']): Faults {
  return kind === 'all' ? ALL_FAULTS : NETWORK_FAULTS;
}

function writeJson(body: object): void {
  say(JSON.stringify({schema: SCHEMA, ...body}));
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
