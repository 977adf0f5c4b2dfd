/** `quorate status`: every host of the cluster, those that do not answer included. */
import {clusterCommand} from '../command.js';
import {ExitCode} from '../exit-codes.js';

export function statusCommand() {
  return clusterCommand('status')
    .description('show the cluster and the state of each host')
    .action(async common => {
      const [{runWithClient}, {askHosts}, {tellStatus}] = await Promise.all([
        import('../run.js'),
        import('../ask-hosts.js'),
        import('../show/status.js'),
      ]);
      await runWithClient(common, async client => {
        const topology = await client.topology();
        const ids = topology.hosts.map(({id}) => id);
        const answers = await askHosts(client, ids, 'status', common.timeout);
        tellStatus(topology, answers, common.json === true);
        return ExitCode.ok;
      });
    });
}
