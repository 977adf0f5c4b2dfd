/**
 * The cluster's topology as `up` keeps it: `cluster.json` in the data folder, made on the first
 * run.
 *
 * Invariants:
 *   1. What is stored is never changed by options: options that contradict it are refused.
 *   2. The file appears whole and synced, or not at all, and only its owner can read the secret in
 *      it.
 *   3. A data folder that holds hosts but no cluster file is refused: a new cluster would not own
 *      it.
 */
import {closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync} from 'node:fs';
import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {SystemRandom} from '../../adapters/system-random.js';
import {contradictions, createTopology} from '../../topology/create.js';
import {
  parseTopology,
  serializeTopology,
  type Topology,
  TopologyError,
} from '../../topology/document.js';
import {type BucketFlag, parseBucketFlag} from '../../topology/policy.js';
import {ExitCode} from '../exit-codes.js';
import {defaultHosts, type UpOptions} from './options.js';
import {UpProblem} from './problem.js';

export type Cluster = {
  readonly path: string;
  readonly topology: Topology;
  /** What the placement could not give, for people. */
  readonly shortfalls: readonly string[];
  /** Makes a new cluster's file; does nothing for a stored one. */
  store(): void;
};

/** Reads or makes up the topology; nothing is written before `store`. */
export function openCluster(dataDir: string, options: UpOptions): Cluster {
  const path = join(dataDir, 'cluster.json');
  const buckets = (options.buckets ?? []).map(readFlag);
  if (existsSync(path)) {
    return openStored(path, options, buckets);
  }

  const ids = idsOf(options.hosts ?? defaultHosts);
  const left = ids.find(id => existsSync(join(dataDir, id)));
  if (left !== undefined) {
    throw new UpProblem(
      ExitCode.configuration,
      `${dataDir} holds the host ${left} but no cluster.json: ` +
        'bring that file back, or name another folder with --data',
    );
  }

  const {partitions, n} = options;
  const hosts = ids.map(id => ({id}));
  try {
    const {topology, unsatisfied} = createTopology(
      {hosts, partitions, n, buckets},
      new SystemRandom(),
    );
    const shortfalls = unsatisfied.map(({text}) => text);
    return {path, topology, shortfalls, store: () => storeTopology(path, topology)};
  } catch (error) {
    throw error instanceof TopologyError ? new UpProblem(ExitCode.usage, error.message) : error;
  }
}

const idsOf = (count: number) => Array.from({length: count}, (_, index) => `h${index + 1}`);

function openStored(path: string, options: UpOptions, buckets: readonly BucketFlag[]): Cluster {
  const topology = readTopology(path);
  const {hosts, partitions, n} = options;
  const ids = hosts === undefined ? undefined : idsOf(hosts);
  const found = contradictions(topology, {hosts: ids, partitions, n, buckets});
  if (found.length > 0) {
    throw new UpProblem(
      ExitCode.configuration,
      `${found.join('\n')}\nLeave those options out, or name another folder with --data`,
    );
  }

  return {path, topology, shortfalls: [], store() {}};
}

function readTopology(path: string): Topology {
  try {
    return parseTopology(readFileSync(path, 'utf8'));
  } catch (error) {
    throw error instanceof TopologyError
      ? new UpProblem(ExitCode.configuration, `${path} is no topology: ${error.message}`)
      : error;
  }
}

function readFlag(flag: string): BucketFlag {
  const read = parseBucketFlag(flag);
  if (typeof read === 'string') {
    throw new UpProblem(ExitCode.usage, `--bucket: ${read}`);
  }

  return read;
}

function storeTopology(path: string, topology: Topology): void {
  const draft = `${path}.draft`;
  writeFileSync(draft, `${serializeTopology(topology)}\n`, {mode: 0o600, flush: true});
  renameSync(draft, path);
  const folder = openSync(join(path, '..'), 'r');
  fsyncSync(folder);
  closeSync(folder);
}
