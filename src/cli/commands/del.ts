/** `quorate del`: deletes a key. Deleting what is not there succeeds. */
import {clusterCommand, parseQuorumOption} from '../command.js';
import {ExitCode} from '../exit-codes.js';

export function delCommand() {
  return clusterCommand('del')
    .description('delete a key')
    .argument('<bucket>')
    .argument('<key>', 'tokens with dots between them')
    .option('--w <count>', 'owners that must hold the delete', parseQuorumOption)
    .option('--r <count>', 'owners that are read first, without a context', parseQuorumOption)
    .option('--context <token>', 'what was seen, from a get: only that is deleted')
    .option('--id <id>', 'makes a repeated delete harmless for two minutes')
    .action(async (bucket, key, {w, r, context, id, ...common}) => {
      const [{runWithClient}, {tellWritten}] = await Promise.all([
        import('../run.js'),
        import('../show/written.js'),
      ]);
      await runWithClient(common, async client => {
        const written = await client.delete(bucket, key, {w, r, context, id});
        tellWritten('del', {bucket, key}, written, common.json === true);
        return ExitCode.ok;
      });
    });
}
