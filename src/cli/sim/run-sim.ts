/**
 * Runs seeds and says how they went: words for people, JSON for programs. The first seed that fails
 * ends the run, with the command that repeats it.
 */
import {setImmediate} from 'node:timers/promises';
import {ALL_FAULTS, NETWORK_FAULTS} from '../../sim/faults.js';
import {runSeed, type SimResult} from '../../sim/run.js';
import {ExitCode} from '../exit-codes.js';
import {createMeter} from './meter.js';

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
    say(describeShape(result));
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
  const totals = {seeds: 0, operations: 0, events: 0, virtualMs: 0};
  for (let seed = start; seed < start + seeds; seed += 1) {
    const result = runSeed(seed, {faults: faultsOf(faults)});
    totals.seeds += 1;
    totals.operations += result.operations;
    totals.events += result.events;
    totals.virtualMs += result.virtualMs;
    meter.step();
    if (!result.passed) {
      meter.end();
      return tellFailure(result, options);
    }

    // Lets Ctrl-C and the terminal in between two seeds.
    await setImmediate();
  }

  meter.end();
  if (json === true) {
    writeJson({passed: true, start, faults, ...totals});
  } else {
    const virtual = `${Math.round(totals.virtualMs / 1000)} virtual seconds`;
    say(`${seeds} seeds passed: ${totals.operations} operations in ${virtual}`);
  }

  return ExitCode.ok;
}

function tellFailure(result: SimResult, {faults, json}: SimCommandOptions): number {
  const replay = replayCommand(result.seed, faults);
  if (json === true) {
    const {seed, passed, violations} = result;
    writeJson({passed, seed, violations, replay});
  } else {
    say(describeOutcome(result));
    result.violations.forEach(violation => say(`  ${violation}`));
    say(`replay it with: ${replay}`);
  }

  return ExitCode.generic;
}

export function replayCommand(seed: number, faults: SimCommandOptions['faults']): string {
  const wanted = faults === 'network' ? '' : ` --faults ${faults}`;
  return `npx quorate sim --seed ${seed}${wanted} --json`;
}

function describeShape({hosts, partitions, operations, attempts, virtualMs}: SimResult): string {
  const work = `${operations} operations in ${attempts} attempts`;
  return `${hosts} hosts, ${partitions} partitions, ${work}, ${virtualMs} virtual ms`;
}

function describeOutcome({seed, passed, violations, traceHash}: SimResult): string {
  return passed
    ? `seed ${seed} passed (trace ${traceHash.slice(0, 16)})`
    : `seed ${seed} failed: ${violations.length} violations`;
}

function faultsOf(kind: SimCommandOptions['faults']) {
  return kind === 'all' ? ALL_FAULTS : NETWORK_FAULTS;
}

function writeJson(body: object): void {
  say(JSON.stringify({schema: SCHEMA, ...body}));
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
