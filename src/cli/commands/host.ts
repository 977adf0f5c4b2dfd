/** `quorate host`: one host process, in the foreground, until it is told to stop. */
import {Command, Option} from '@commander-js/extra-typings';

const LEFTOVERS_MS = 5_000;

export function hostCommand() {
  return new Command('host')
    .description('run one host of a cluster in this process')
    .requiredOption('--id <id>', 'the host, as the topology names it')
    .requiredOption('--data <folder>', 'where its database lies')
    .option('--server <url>', 'the broker', process.env['NATS_URL'] ?? 'nats://127.0.0.1:4222')
    .option('--topology <file>', "the cluster's cluster.json; needed on the first start only")
    .option('--durability <mode>', 'fsync, interval or none', 'fsync')
    .option('--repair-window <hours>', 'when owners are compared, in UTC, as 22:00-06:00')
    .option('--cache-mb <n>', 'memory for cached objects, in MiB')
    .option('--hints-mb <n>', 'disk for writes kept for owners that are away, in MiB')
    .option('--dev', 'answer requests that break the host on purpose, for tests')
    .addOption(
      new Option('--without-healing', 'repair nothing and watch nobody; to measure').hideHelp(),
    )
    .action(async options => {
      const {runHost} = await import('../host/run-host.js');
      process.exitCode = await runHost(options);
      // A host that has ended must be gone, whatever is left of it, or nobody starts it anew. By a
      // signal, since an exit waits for threads, and the engine may have one that never ends.
      setTimeout(() => process.kill(process.pid, 'SIGKILL'), LEFTOVERS_MS).unref();
    });
}
