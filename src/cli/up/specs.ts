/** How the children of `up` are started: the broker behind its guard, and one process a host. */
import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {natsConf} from '../../broker/nats-conf.js';
import type {Broker} from '../../provision/broker.js';
import type {ProcessSpec} from './launch.js';
import type {Address} from './port.js';

const guard = fileURLToPath(new URL('broker-guard.js', import.meta.url));

type Common = {
  readonly dataDir: string;
  readonly env: NodeJS.ProcessEnv;
  readonly onPid: (pid: number | null) => void;
};

/** Writes the broker's configuration anew each time, so that it always fits the stored cluster. */
export function brokerSpec(
  broker: Broker,
  address: Address,
  conf: {readonly partitions: number; readonly root: string},
  {dataDir, env, onPid}: Common,
): ProcessSpec {
  const confPath = join(dataDir, 'nats.conf');
  writeFileSync(confPath, natsConf({...conf, ...address}), {mode: 0o600});
  const {host, port} = address;
  return {
    command: [process.execPath, guard, host, String(port), broker.path, '-c', confPath],
    env,
    logPath: join(dataDir, 'broker.log'),
    onPid,
  };
}

/**
 * Threads for disk reads and commits. With data larger than memory twelve fetched 33,000 keys a
 * second where Node's own four fetched 22,000; while all fits into memory they make no difference.
 */
const POOL_THREADS = '12';

export function hostSpec(
  hostCommand: readonly [program: string, ...args: string[]],
  {id, server, topology}: {readonly id: string; readonly server: string; readonly topology: string},
  {dataDir, env, onPid}: Common,
): ProcessSpec {
  const options = ['--id', id, '--data', join(dataDir, id), '--server', server];
  return {
    command: [...hostCommand, ...options, '--topology', topology],
    env: {UV_THREADPOOL_SIZE: POOL_THREADS, ...env},
    logPath: join(dataDir, `${id}.log`),
    onPid,
  };
}
