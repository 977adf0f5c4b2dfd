/**
 * `quorate failpoint`: breaks a host on purpose. Only hosts that were started with --dev let it
 * happen.
 */
import {clusterCommand, parseCount} from '../command.js';
import {ExitCode} from '../exit-codes.js';

export function failpointCommand() {
  return clusterCommand('failpoint')
    .description('arm a failpoint on a host that was started with --dev')
    .argument('<host>')
    .argument('<point>', 'its name; a wrong one lists them')
    .option('--action <what>', 'crash (the actor) or exit (the process)', 'crash')
    .option('--times <n>', 'hits before it disarms itself', parseCount, 1)
    .option('--partition <p>', 'only there', parsePartition)
    .action(async (host, point, {action, times, partition, ...common}) => {
      const [{runWithClient}, {json, say}] = await Promise.all([
        import('../run.js'),
        import('../output.js'),
      ]);
      await runWithClient(common, async client => {
        const parameter = [point, action, times, partition ?? null];
        await client.ask(host, 'failpoint', parameter);
        if (common.json === true) {
          json('failpoint.v1', {host, point, action, times, partition: partition ?? null});
        } else {
          say(`armed ${point} on ${host} to ${action}`);
        }

        return ExitCode.ok;
      });
    });
}

function parsePartition(text: string): number {
  return text === '0' ? 0 : parseCount(text);
}
