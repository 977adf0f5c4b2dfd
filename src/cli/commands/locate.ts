/** `quorate locate`: where a key lives. */
import {clusterCommand} from '../command.js';
import {ExitCode} from '../exit-codes.js';

export function locateCommand() {
  return clusterCommand('locate')
    .description('show the partition of a key, and the hosts that hold it')
    .argument('<bucket>', 'or bucket.key in one')
    .argument('[key]', 'tokens with dots between them')
    .action(async (first, second, common) => {
      const [{runWithClient}, {locate, describePlace}, {data, json}] = await Promise.all([
        import('../run.js'),
        import('../show/place.js'),
        import('../output.js'),
      ]);
      await runWithClient(common, async client => {
        const place = locate(await client.topology(), first, second);
        if (common.json === true) {
          json('locate.v1', place);
        } else {
          data(describePlace(place));
        }

        return ExitCode.ok;
      });
    });
}
