/** The command line of `npm run soak`. */
import {Command, InvalidArgumentError} from '@commander-js/extra-typings';

export type SoakOptions = {
  readonly minutes: number;
  readonly seed: number;
  readonly hosts: number;
  /** Where the summary is written as JSON. */
  readonly json: string | undefined;
};

/** Ends the process for options that cannot be, and for --help. */
export function readOptions(argv: readonly string[]): SoakOptions {
  const {minutes, seed, hosts, json} = new Command('npm run soak --')
    .description('do random faults to a cluster under load, and check what it acknowledged')
    .option('--minutes <m>', 'how long, fractions allowed', parseMinutes, 10)
    .option('--seed <n>', 'draws the same faults in the same order (default: by chance)', parseSeed)
    .option('--hosts <n>', 'of the cluster, 3 to 9', parseHosts, 4)
    .option('--json <file>', 'write the summary there too')
    .parse(argv)
    .opts();
  return {minutes, seed: seed ?? Math.floor(Math.random() * 1e9), hosts, json};
}

function parseMinutes(text: string): number {
  const minutes = Number(text);
  if (!(minutes > 0 && minutes <= 10_000)) {
    throw new InvalidArgumentError('it must be a number above 0');
  }

  return minutes;
}

function parseSeed(text: string): number {
  if (!/^\d{1,10}$/.test(text)) {
    throw new InvalidArgumentError('it must be a whole number of at most 10 digits');
  }

  return Number(text);
}

function parseHosts(text: string): number {
  const hosts = Number(text);
  if (!Number.isInteger(hosts) || hosts < 3 || hosts > 9) {
    throw new InvalidArgumentError('it must be a whole number from 3 to 9');
  }

  return hosts;
}
