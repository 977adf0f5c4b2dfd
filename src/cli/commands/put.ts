/** `quorate put`: stores one value, byte for byte. */
import {clusterCommand, parseQuorumOption} from '../command.js';
import {ExitCode} from '../exit-codes.js';

export function putCommand() {
  return clusterCommand('put')
    .description('store a value under a key')
    .argument('<bucket>')
    .argument('<key>', 'tokens with dots between them')
    .argument('[value]', 'left out or -: the bytes of stdin')
    .option(
      '--w <count>',
      'owners that must hold it: a number, one, quorum or all',
      parseQuorumOption,
    )
    .option('--context <token>', 'what was seen, from a get; none: nothing. Without: overwrite')
    .option('--id <id>', 'makes a repeated put harmless for two minutes')
    .addHelpText('after', EXAMPLES)
    .action(async (bucket, key, value, {w, context, id, ...common}) => {
      const [{runWithClient}, {tellWritten}, {readStdin}] = await Promise.all([
        import('../run.js'),
        import('../show/written.js'),
        import('../stdin.js'),
      ]);
      await runWithClient(common, async client => {
        const bytes = value === undefined || value === '-' ? await readStdin() : value;
        const written = await client.put(bucket, key, bytes, {w, context, id});
        tellWritten('put', {bucket, key}, written, common.json === true);
        return ExitCode.ok;
      });
    });
}

const EXAMPLES = `
Examples:
  quorate put users alice '{"name":"Alice"}'
  quorate put images logo < logo.png
  quorate put users alice "$NEW" --context "$(quorate get users alice --json | jq -r .context)"`;
