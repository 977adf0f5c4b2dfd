/** `quorate sim`: runs of simulated clusters, each decided by its seed. */
import {Command, InvalidArgumentError, Option} from '@commander-js/extra-typings';

export function simCommand() {
  return new Command('sim')
    .description('run whole clusters in simulated time, from seeds, and check what they promise')
    .option('--seeds <n>', 'how many seeds to run', parseCount, 100)
    .option('--start <seed>', 'the first of them', parseSeed, 1)
    .option('--seed <seed>', 'run this one and say what happened', parseSeed)
    .addOption(
      new Option('--faults <kind>', 'network: delay, reorder, loss; all: whatever can go wrong')
        .choices(['network', 'all'] as const)
        .default('all' as const),
    )
    .option('--json', 'one JSON object: for one seed its whole trace, for many a summary')
    .action(async options => {
      const {runOne, runMany} = await import('../sim/run-sim.js');
      const {seed, ...others} = options;
      process.exitCode = seed === undefined ? await runMany(others) : runOne({...others, seed});
    });
}

function parseCount(text: string): number {
  const count = parseSeed(text);
  if (count === 0) {
    throw new InvalidArgumentError('it must be at least 1');
  }

  return count;
}

function parseSeed(text: string): number {
  const value = Number(text);
  if (!/^\d{1,10}$/.test(text) || value > 0xff_ff_ff_ff) {
    throw new InvalidArgumentError('it must be a whole number up to 4294967295');
  }

  return value;
}
