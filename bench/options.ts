/** The command line of `npm run bench`. */
import {Command, InvalidArgumentError} from '@commander-js/extra-typings';
import {DISTRIBUTIONS, type Distribution} from './keys/choosers.js';
import {SYSTEM_NAMES, type SystemName} from './systems/system.js';
import {isWorkload, WORKLOADS, type WorkloadName} from './workloads/workloads.js';

export const SCENARIOS = ['memory', 'repair', 'healing', 'scale', 'larger-than-memory'] as const;
export type ScenarioName = (typeof SCENARIOS)[number];

export type BenchOptions = {
  readonly systems: readonly SystemName[];
  readonly workloads: readonly WorkloadName[];
  readonly inFlight: readonly number[];
  /** Operations a second of the open loops; none: no open loop. */
  readonly rates: readonly number[];
  readonly rounds: number;
  readonly measureMs: number;
  readonly warmUpMs: number;
  /** Once for each operation on each system, before the first round. */
  readonly burnInMs: number;
  /** Null: as the scenario, or the run, has it. */
  readonly records: number | null;
  readonly valueBytes: number | null;
  readonly keys: Distribution | undefined;
  readonly data: string | undefined;
  readonly json: string | undefined;
  readonly chart: string | undefined;
  readonly scenario: ScenarioName | undefined;
  /** For the scenario `scale`. */
  readonly hosts: readonly number[];
  /** For the scenario `memory`: numbers of keys, growing; of Quorate and of JetStream KV. */
  readonly sizes: readonly number[];
  readonly peerSizes: readonly number[];
};

/** Ends the process for options that cannot be, and for --help. */
export function readOptions(argv: readonly string[]): BenchOptions {
  const options = command().parse(argv).opts();
  const isQuick = options.quick === true;
  const {only = SYSTEM_NAMES, workload, openLoop, rounds, seconds, warmUp} = options;
  const allWorkloads = Object.keys(WORKLOADS).filter(isWorkload);
  return {
    systems: only,
    workloads: workload ?? (isQuick ? ['put', 'get'] : allWorkloads),
    inFlight: options.inFlight ?? [1, 64, 256],
    rates: openLoop ?? (isQuick ? [] : [2_000]),
    rounds: rounds ?? 3,
    measureMs: (seconds ?? (isQuick ? 1.2 : 3)) * 1_000,
    warmUpMs: (warmUp ?? (isQuick ? 0.4 : 1)) * 1_000,
    burnInMs: (options.burnIn ?? (isQuick ? 2.5 : 8)) * 1_000,
    records: options.records ?? (isQuick ? 10_000 : null),
    valueBytes: options.valueBytes ?? null,
    keys: options.keys,
    data: options.data,
    json: options.json,
    chart: options.chart,
    scenario: options.scenario,
    hosts: options.hosts ?? [3, 6, 9, 12],
    sizes: options.sizes ?? [1_000_000, 5_000_000],
    peerSizes: options.peerSizes ?? [200_000, 400_000],
  };
}

function command() {
  return new Command('npm run bench --')
    .description('measures Quorate beside JetStream KV, etcd and RocksDB, on this machine')
    .option('--quick', 'puts and gets only, within five minutes')
    .option('--only <systems>', `with commas: ${SYSTEM_NAMES.join(', ')}`, parseSystems)
    .option('--workload <names>', `with commas: ${describeWorkloads()}`, parseWorkloads)
    .option('--in-flight <n>', 'closed loops, with commas (default 1,64,256)', parseCounts)
    .option('--open-loop <rates>', 'operations a second, with commas (default 2000)', parseCounts)
    .option('--rounds <n>', 'how often each point is measured (default 3)', parseCount)
    .option('--seconds <s>', 'how long each time (default 3, quick 1.2)', parseSeconds)
    .option('--warm-up <s>', 'before each time (default 1, quick 0.4)', parseSeconds)
    .option('--burn-in <s>', 'once, before the first round (default 8, quick 2.5)', parseSeconds)
    .option('--records <n>', 'loaded first (default 50000, quick 10000)', parseCount)
    .option('--value-bytes <n>', 'size of a record (default 1024)', parseCount)
    .option(
      '--keys <distribution>',
      `instead of the workload's: ${DISTRIBUTIONS.join(', ')}`,
      parseKeys,
    )
    .option('--data <folder>', 'where the data lies while it runs (default .cache)')
    .option('--json <file>', 'write the results there')
    .option('--chart <file>', 'draw throughput against latency there, as SVG')
    .option('--scenario <name>', `instead of all that: ${SCENARIOS.join(', ')}`, parseScenario)
    .option('--hosts <n>', 'of scale, with commas (default 3,6,9,12)', parseCounts)
    .option('--sizes <n>', 'keys, of memory, with commas (default 1000000,5000000)', parseCounts)
    .option('--peer-sizes <n>', "JetStream's of them (default 200000,400000)", parseCounts);
}

function describeWorkloads(): string {
  return Object.entries(WORKLOADS)
    .map(([name, {means}]) => `${name} (${means})`)
    .join(', ');
}

const split = (text: string): string[] => text.split(',').map(part => part.trim());

/** Also without spaces and capitals: `quorate-library`. */
function parseSystems(text: string): SystemName[] {
  const plain = (name: string) => name.toLowerCase().replaceAll(/[\s_-]/g, '');
  return split(text).map(name => {
    const found = SYSTEM_NAMES.find(system => plain(system) === plain(name));
    return found ?? refuse(`'${name}' is none of ${SYSTEM_NAMES.join(', ')}`);
  });
}

function parseWorkloads(text: string): WorkloadName[] {
  return split(text).map(name => {
    if (name === 'E') {
      refuse('YCSB E scans, and Quorate has no scans');
    }

    return isWorkload(name)
      ? name
      : refuse(`'${name}' is none of ${Object.keys(WORKLOADS).join(', ')}`);
  });
}

function parseKeys(text: string): Distribution {
  const found = DISTRIBUTIONS.find(name => name === text);
  return found ?? refuse(`use one of ${DISTRIBUTIONS.join(', ')}`);
}

function parseScenario(text: string): ScenarioName {
  return SCENARIOS.find(name => name === text) ?? refuse(`use one of ${SCENARIOS.join(', ')}`);
}

const parseCounts = (text: string): number[] => split(text).map(parseCount);

function parseCount(text: string): number {
  const value = Number(text);
  return Number.isSafeInteger(value) && value > 0 ? value : refuse('use whole numbers above 0');
}

function parseSeconds(text: string): number {
  const value = Number(text);
  return value > 0 && value <= 600 ? value : refuse('use seconds from 0 to 600');
}

function refuse(why: string): never {
  throw new InvalidArgumentError(why);
}
