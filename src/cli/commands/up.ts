/** `quorate up`: a whole cluster on this machine. */
import {fileURLToPath} from 'node:url';
import {Command, InvalidArgumentError} from '@commander-js/extra-typings';

const launcher = fileURLToPath(new URL('../../../../bin/quorate.js', import.meta.url));

export function upCommand() {
  return new Command('up')
    .description('run a whole cluster on this machine: a broker and several hosts')
    .option('--hosts <n>', 'host processes (default 3)', parseNumber)
    .option('--port <port>', 'port of the broker it starts (default 4222)', parseNumber)
    .option('--data <folder>', 'where everything is kept (default ./data)')
    .option('--partitions <q>', 'slices of the hash space, a prime (default 67)', parseNumber)
    .option('--n <n>', 'copies of each key (default 3, or 1 with one host)', parseNumber)
    .option('--bucket <policy...>', 'as orders:quorum=strict,conflicts=lww,n=3')
    .option('--server <url>', 'a broker that already runs, instead of one of its own (or NATS_URL)')
    .option('--no-restart', 'leave a host that died where it is')
    .option('--dev', 'hosts answer requests that break them on purpose, for tests')
    .option('--json', 'one JSON object a line, instead of words')
    .action(async ({bucket, dev, ...options}) => {
      const {runUp} = await import('../up/up.js');
      process.exitCode = await runUp(
        {...options, buckets: bucket},
        {
          env: process.env,
          hostCommand: [process.execPath, launcher, 'host', ...(dev ? ['--dev'] : [])],
        },
      );
    });
}

function parseNumber(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value)) {
    throw new InvalidArgumentError('it must be a whole number');
  }

  return value;
}
