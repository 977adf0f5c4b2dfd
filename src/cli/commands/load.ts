/** `quorate load`: many records from a file of one JSON object a line. */
import {clusterCommand, parseCount} from '../command.js';

export function loadCommand() {
  return clusterCommand('load')
    .description('store the records of a file, one JSON object a line')
    .argument('<file>', '- for stdin, which cannot be resumed')
    .option('--bucket <name>', 'for lines that name none')
    .option(
      '--journal <file>',
      'how far it is, to go on after an end (default <file>.quorate-load)',
    )
    .option('--skip-bad', 'count lines that cannot be loaded, instead of stopping at the first')
    .option('--in-flight <n>', 'puts under way at once', parseCount, 512)
    .option('--patience <s>', 'how long a record is retried, in seconds', parseCount, 60)
    .addHelpText('after', DETAILS)
    .action(async (file, {bucket, journal, skipBad, inFlight, patience, ...common}) => {
      const [{runWithClient}, {load}] = await Promise.all([
        import('../run.js'),
        import('../load/load.js'),
      ]);
      await runWithClient(common, client =>
        load(client, file, {
          bucket,
          journal,
          skipBad: skipBad === true,
          inFlightMax: Math.min(inFlight, 8_192),
          patienceMs: patience * 1_000,
          asJson: common.json === true,
        }),
      );
    });
}

const DETAILS = `
Each line: {"bucket": "users", "key": "alice", "value": ...}
  key    a text with dots between its tokens, or a list of exact tokens
  value  a text, stored as it is; {"base64": "..."}, stored as those bytes;
         any other JSON, stored as its JSON text

A load that was cut off goes on where it was when the same command runs again.`;
