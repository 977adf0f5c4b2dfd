/**
 * `npm run mutants`: breaks the build in one way after the other, and runs seeds until one of them
 * notices. A mutant that no seed notices survives, and then the exit code is 1.
 */
import {performance} from 'node:perf_hooks';
import {Command} from '@commander-js/extra-typings';
import Table from 'cli-table3';
import {runSeeds, type SeedReport} from '../../../src/cli/sim/pool.js';
import {ALL_FAULTS} from '../../../src/sim/faults.js';
import {MUTANTS} from './all.js';
import {buildMutant} from './build.js';
import type {Mutant} from './mutant.js';

type Verdict = {
  readonly mutant: string;
  readonly story: string;
  /** Seeds that were run, up to the one that noticed. */
  readonly seeds: number;
  /** null when the mutant survived. */
  readonly caughtBy: {readonly seed: number; readonly checker: string; readonly why: string} | null;
  readonly seconds: number;
};

const options = new Command('mutants')
  .option('--only <name>', 'this mutant alone')
  .option('--seeds <n>', 'how many seeds each may take', Number, 1_000)
  .option('--start <seed>', 'the first of them', Number, 1)
  .option('--json', 'one JSON object on stdout')
  .parse()
  .opts();

const leftOut = ({equivalent, elusive}: Mutant) => equivalent ?? elusive ?? null;
const chosen = MUTANTS.filter(mutant =>
  options.only === undefined ? leftOut(mutant) === null : mutant.name === options.only,
);
const verdicts: Verdict[] = [];
for (const mutant of chosen) {
  verdicts.push(await hunt(mutant));
}

if (options.json === true) {
  process.stdout.write(`${JSON.stringify({schema: 'quorate.mutants.v1', mutants: verdicts})}\n`);
} else {
  process.stdout.write(`${tableOf(verdicts)}\n`);
}

for (const mutant of MUTANTS) {
  const why = leftOut(mutant);
  if (why !== null && options.only === undefined) {
    say(`left out: ${mutant.name}: ${why}`);
  }
}

const survived = verdicts.filter(({caughtBy}) => caughtBy === null);
process.exitCode = survived.length > 0 || chosen.length === 0 ? 1 : 0;

async function hunt(mutant: Mutant): Promise<Verdict> {
  const {name, story} = mutant;
  const startedMs = performance.now();
  const build = buildMutant(mutant);
  const failed: SeedReport[] = [];
  let seeds = 0;
  await runSeeds({
    start: options.start,
    seeds: options.seeds,
    faults: ALL_FAULTS,
    workerUrl: build.workerUrl,
    onReport: report => {
      seeds += 1;
      if (!report.passed) {
        failed.push(report);
      }

      tellProgress(name, seeds, performance.now() - startedMs);
      return report.passed;
    },
  });
  build.remove();
  const [first] = failed.toSorted((a, b) => a.seed - b.seed);
  const seconds = Math.round((performance.now() - startedMs) / 100) / 10;
  const verdict = {mutant: name, story, seeds, caughtBy: catchOf(first), seconds};
  tellVerdict(verdict);
  return verdict;
}

function catchOf(report: SeedReport | undefined): Verdict['caughtBy'] {
  if (report === undefined) {
    return null;
  }

  const [why = ''] = report.violations;
  const checker = /^(\w+): /.exec(why)?.[1] ?? 'run';
  return {seed: report.seed, checker, why};
}

function tellProgress(name: string, seeds: number, tookMs: number): void {
  if (seeds % 50 === 0) {
    const leftS = Math.round(((tookMs / seeds) * (options.seeds - seeds)) / 1000);
    say(`${name}: ${seeds}/${options.seeds} seeds have not noticed, ${leftS} s left at most`);
  }
}

function tellVerdict({mutant, caughtBy: caught, seeds, seconds}: Verdict): void {
  const how = caught === null ? `survived ${seeds} seeds` : `caught by seed ${caught.seed}`;
  const place = `${verdicts.length + 1}/${chosen.length}`;
  say(`${place} ${mutant}: ${how} in ${seconds} s${caught === null ? '' : `: ${caught.why}`}`);
}

function tableOf(rows: readonly Verdict[]): string {
  const table = new Table({head: ['mutant', 'caught by seed', 'checker', 'seconds']});
  for (const {mutant, caughtBy: caught, seconds} of rows) {
    const seed = caught === null ? 'SURVIVED' : String(caught.seed);
    table.push([mutant, seed, caught?.checker ?? '', String(seconds)]);
  }

  return table.toString();
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
