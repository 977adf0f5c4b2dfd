/**
 * Where nats-server comes from, in this order: QUORATE_NATS_SERVER, the PATH and the folders for
 * servers, the project's cache, the distribution's package.
 *
 * Invariants:
 *   1. A broker that is returned was run once and told its version, which is new enough.
 *   2. A broker that was named explicitly is used or refused, never replaced by another.
 */
import {execFile} from 'node:child_process';
import {existsSync} from 'node:fs';
import {promisify} from 'node:util';
import {fetchDebianFile} from './apt.js';
import {findServers} from './find-program.js';
import {ProvisionProblem, type Talk} from './problem.js';
import {cachedBroker, defaultCacheDir} from './project-cache.js';

const run = promisify(execFile);
/**
 * The oldest release whose subject mappings know `partition()` and `wildcard()` as our
 * configuration uses them.
 */
const oldest = {major: 2, minor: 9};
const versionTimeoutMs = 10_000;

export type Broker = {
  readonly path: string;
  readonly version: string;
  readonly origin: 'environment' | 'system' | 'cache' | 'fetched';
};

export type BrokerOptions = {
  readonly env: NodeJS.ProcessEnv;
  readonly talk: Talk;
  readonly cacheDir?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Where to look on this machine; the default is the PATH and the folders for servers. */
  readonly servers?: readonly string[];
};

/** Rejects with `ProvisionProblem`, whose message tells the three ways to get a broker. */
export async function findBroker(options: BrokerOptions): Promise<Broker> {
  const {env, talk, cacheDir = defaultCacheDir, signal} = options;
  const named = env['QUORATE_NATS_SERVER'];
  if (named !== undefined && named !== '') {
    return await namedBroker(named);
  }

  for (const path of options.servers ?? findServers('nats-server', env)) {
    const version = await versionOf(path);
    if (version !== null && isNewEnough(version)) {
      return {path, version, origin: 'system'};
    }

    talk(`passing over ${path}: ${version ?? 'it does not run'}, 2.9 or newer is needed`);
  }

  const path = cachedBroker(cacheDir);
  const origin = existsSync(path) ? 'cache' : 'fetched';
  try {
    if (origin === 'fetched') {
      const wanted = {package: 'nats-server', path: /^usr\/s?bin\/nats-server$/, target: path};
      await fetchDebianFile(wanted, {cacheDir, env, talk, signal});
    }
  } catch (error) {
    throw error instanceof ProvisionProblem ? noBroker(error) : error;
  }

  const version = await versionOf(path);
  if (version === null || !isNewEnough(version)) {
    throw noBroker(new ProvisionProblem(`${path} does not run or is older than 2.9`));
  }

  return {path, version, origin};
}

async function namedBroker(path: string): Promise<Broker> {
  const version = await versionOf(path);
  if (version === null || !isNewEnough(version)) {
    const found = version === null ? 'does not run' : `is version ${version}`;
    throw new ProvisionProblem(
      `QUORATE_NATS_SERVER names ${path}, which ${found}; nats-server 2.9 or newer is needed`,
    );
  }

  return {path, version, origin: 'environment'};
}

async function versionOf(path: string): Promise<string | null> {
  try {
    const {stdout} = await run(path, ['--version'], {timeout: versionTimeoutMs});
    return /v?(\d+\.\d+\.\d+\S*)/.exec(stdout)?.[1] ?? null;
  } catch {
    return null;
  }
}

function isNewEnough(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > oldest.major || (major === oldest.major && minor >= oldest.minor);
}

const noBroker = (cause: ProvisionProblem) =>
  new ProvisionProblem(
    `no NATS broker: ${cause.message}
There are three ways to have one:
  1. start one yourself and name it: --server nats://127.0.0.1:4222, or NATS_URL
  2. install nats-server 2.9 or newer on the PATH (Debian: apt-get install nats-server)
  3. on a Debian family, let this command fetch it: it needs apt-get and the package mirror`,
    {cause},
  );
