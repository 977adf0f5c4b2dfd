/** `quorate buckets`: what each bucket promises. */
import {clusterCommand} from '../command.js';
import {ExitCode} from '../exit-codes.js';

export function bucketsCommand() {
  return clusterCommand('buckets')
    .description('show the policies of buckets, and the defaults of all others')
    .action(async common => {
      const [{runWithClient}, {data, json}, {table}] = await Promise.all([
        import('../run.js'),
        import('../output.js'),
        import('../show/table.js'),
      ]);
      await runWithClient(common, async client => {
        const {buckets, epoch} = await client.topology();
        if (common.json === true) {
          json('buckets.v1', {...buckets, epoch});
          return ExitCode.ok;
        }

        const rows = [...Object.entries(buckets.byName), ['(others)', buckets.defaults] as const];
        const heads = Object.keys(buckets.defaults);
        const cells = rows.map(([name, policy]) => [name, ...Object.values(policy).map(String)]);
        data(table(['bucket', ...heads], cells));
        return ExitCode.ok;
      });
    });
}
