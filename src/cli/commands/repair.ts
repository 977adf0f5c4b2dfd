/** `quorate repair`: owners are compared and mended now, instead of when it is their turn. */
import {clusterCommand, parseIndex} from '../command.js';

export function repairCommand() {
  return clusterCommand('repair')
    .description('compare the owners of each partition now, and mend what differs')
    .option('--bucket <name>', 'only owners that keep this bucket')
    .option('--partition <p>', 'only this partition', parseIndex)
    .option('--wait', 'until all of them are proven equal')
    .action(async ({bucket, partition, wait, ...common}) => {
      const [{runWithClient}, {repair}] = await Promise.all([
        import('../run.js'),
        import('../repair/repair.js'),
      ]);
      await runWithClient(common, client =>
        repair(client, {
          bucket,
          partition,
          wait: wait === true,
          asJson: common.json === true,
          timeoutMs: common.timeout,
        }),
      );
    });
}
