/** `quorate get`: the bytes of a value on stdout, and nothing else there. */
import {clusterCommand, parseQuorumOption} from '../command.js';

export function getCommand() {
  return clusterCommand('get')
    .description('print the value of a key, byte for byte')
    .argument('<bucket>')
    .argument('<key>', 'tokens with dots between them')
    .option(
      '--r <count>',
      'owners that must answer: a number, one, quorum or all',
      parseQuorumOption,
    )
    .option('--monotonic', 'make sure that no later get shows something older')
    .option('--siblings', 'all concurrent values, newest first, a newline after each')
    .option('--fail-on-siblings', 'exit with 4 when there is more than one value')
    .addHelpText('after', EXAMPLES)
    .action(async (bucket, key, {r, monotonic, siblings, failOnSiblings, ...common}) => {
      const [{runWithClient}, {tellGot}] = await Promise.all([
        import('../run.js'),
        import('../show/got.js'),
      ]);
      await runWithClient(common, async client => {
        const got = await client.get(bucket, key, {r, monotonic});
        return tellGot({bucket, key}, got, {
          all: siblings === true,
          failOnSiblings: failOnSiblings === true,
          asJson: common.json === true,
        });
      });
    });
}

const EXAMPLES = `
Examples:
  quorate get users alice
  quorate get images logo > logo.png
  quorate get users alice --json | jq .context

Exits with 3 when there is no such key.`;
