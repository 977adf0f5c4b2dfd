/** `quorate actors`: the live supervision tree of every host. */
import {clusterCommand} from '../command.js';
import {ExitCode} from '../exit-codes.js';

const REDRAW_MS = 1_000;

export function actorsCommand() {
  return clusterCommand('actors')
    .description('show the actors of all hosts: state, mailbox, restarts, last error')
    .option('--host <id>', 'of one host only')
    .option('--all', 'every partition, also those where all is well')
    .option('--watch', 'draw it anew every second, until Ctrl-C')
    .action(async ({host, all, watch, ...common}) => {
      const [{runWithClient}, {askHosts}, {tellTrees}, {untilInterrupted}] = await Promise.all([
        import('../run.js'),
        import('../ask-hosts.js'),
        import('../show/actors.js'),
        import('../watch.js'),
      ]);
      await runWithClient(common, async client => {
        const show = async (isRedrawn: boolean) => {
          const hosts =
            host === undefined ? (await client.topology()).hosts.map(({id}) => id) : [host];
          const answers = await askHosts(client, hosts, 'actors', common.timeout);
          const view = {all: all === true, asJson: common.json === true, isRedrawn};
          return tellTrees(answers, view);
        };

        if (watch !== true) {
          return await show(false);
        }

        await untilInterrupted(() => show(process.stdout.isTTY), REDRAW_MS);
        return ExitCode.ok;
      });
    });
}
