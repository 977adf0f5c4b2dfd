/** `quorate hints`: what every host keeps for owners that could not take it. */
import {clusterCommand} from '../command.js';
import {ExitCode} from '../exit-codes.js';

const REDRAW_MS = 1_000;

export function hintsCommand() {
  return clusterCommand('hints')
    .description('show the writes that hosts keep for others, and how far their delivery is')
    .option('--host <id>', 'of one host only')
    .option('--watch', 'draw it anew every second, until Ctrl-C')
    .action(async ({host, watch, ...common}) => {
      const [{runWithClient}, {askHosts}, {HintsView}, {untilInterrupted}] = await Promise.all([
        import('../run.js'),
        import('../ask-hosts.js'),
        import('../show/hints.js'),
        import('../watch.js'),
      ]);
      await runWithClient(common, async client => {
        const isRedrawn = watch === true && process.stdout.isTTY;
        const view = new HintsView({asJson: common.json === true, isRedrawn});
        const show = async () => {
          const hosts =
            host === undefined ? (await client.topology()).hosts.map(({id}) => id) : [host];
          return view.tell(await askHosts(client, hosts, 'hints', common.timeout));
        };

        if (watch !== true) {
          return await show();
        }

        await untilInterrupted(show, REDRAW_MS);
        return ExitCode.ok;
      });
    });
}
