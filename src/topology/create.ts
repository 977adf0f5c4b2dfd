/**
 * Makes the first topology of a cluster, and compares what is asked for later with what was made.
 */
import type {Random} from '../ports/random.js';
import type {Labels} from '../ring/domains.js';
import {isPrime} from '../ring/partition.js';
import {place} from '../ring/placement.js';
import type {Shortfall} from '../ring/shortfalls.js';
import {checkTopology, type Topology, TopologyError} from './document.js';
import {
  type BucketFlag,
  type BucketPolicy,
  DEFAULT_POLICY,
  OWNERS_MAX,
  resolveQuorum,
} from './policy.js';
import {hostSchema, PARTITIONS_MAX} from './schema.js';

export const DEFAULT_PARTITIONS = 67;
export const DEFAULT_NAME = 'quorate';

export type TopologyOptions = {
  readonly hosts: ReadonlyArray<{
    readonly id: string;
    readonly labels?: Labels;
    readonly weight?: number;
  }>;
  readonly name?: string | undefined;
  /** A prime, or 1; never changed later. */
  readonly partitions?: number | undefined;
  /**
   * 1 for a single host, else 3. More than there are hosts is kept as a promise: quorums are
   * counted for it.
   */
  readonly n?: number | undefined;
  readonly buckets?: readonly BucketFlag[] | undefined;
};

/**
 * `unsatisfied` is for people: what the placement could not give. Throws `TopologyError` with all
 * problems.
 */
export function createTopology(
  options: TopologyOptions,
  random: Random,
): {topology: Topology; unsatisfied: readonly Shortfall[]} {
  const {partitions = DEFAULT_PARTITIONS, name = DEFAULT_NAME, buckets = []} = options;
  const hosts = options.hosts.map(({id, labels = {}, weight = 1}) => ({id, labels, weight}));
  const n = options.n ?? (hosts.length === 1 ? 1 : DEFAULT_POLICY.n);
  const problems = problemsOf(options, partitions, n, hosts);
  if (problems.length > 0) {
    throw new TopologyError(problems);
  }

  const defaults: BucketPolicy = {...DEFAULT_POLICY, n};
  const {owners, standIns, unsatisfied} = place({partitions, n, hosts, previous: null});
  const topology = checkTopology({
    format: 1,
    cluster: {id: token(random.bytes(16)), name, secret: token(random.bytes(32))},
    epoch: 1,
    partitions,
    n,
    hosts,
    owners,
    standIns,
    partitionEpochs: owners.map(() => 1),
    moves: [],
    buckets: {
      defaults,
      byName: Object.fromEntries(
        buckets.map(({bucket, policy}) => [bucket, {...defaults, ...policy}]),
      ),
    },
  });
  return {topology, unsatisfied};
}

export type AskedOptions = Partial<Omit<TopologyOptions, 'hosts'>> & {
  /** Ids. */
  readonly hosts?: readonly string[] | undefined;
};

/**
 * What is asked for and is not what the stored topology says, each a sentence. Empty when all
 * agrees.
 */
export function contradictions(topology: Topology, asked: AskedOptions): string[] {
  const found: string[] = [];
  const compare = (what: string, stored: string | number, wanted: string | number | undefined) => {
    if (wanted !== undefined && wanted !== stored) {
      found.push(`the stored data has ${what} ${stored}, asked for was ${wanted}`);
    }
  };
  compare('the cluster name', topology.cluster.name, asked.name);
  compare('a number of partitions of', topology.partitions, asked.partitions);
  compare('n', topology.n, asked.n);
  const ids = topology.hosts.map(({id}) => id);
  compare('the hosts', ids.toSorted().join(', '), asked.hosts?.toSorted().join(', '));
  for (const {bucket, policy} of asked.buckets ?? []) {
    const {defaults, byName} = topology.buckets;
    const stored = new Map(
      Object.entries(Object.hasOwn(byName, bucket) ? (byName[bucket] ?? {}) : defaults),
    );
    for (const [setting, wanted] of Object.entries(policy)) {
      compare(`bucket ${bucket} with ${setting}`, stored.get(setting) ?? '', wanted);
    }
  }

  return found;
}

/** What placement needs to be true; the document's own check says the rest. */
function problemsOf(
  {buckets = []}: TopologyOptions,
  partitions: number,
  n: number,
  hosts: ReadonlyArray<{id: string}>,
): string[] {
  const problems: string[] = [];
  const isUsable = partitions === 1 || isPrime(partitions);
  if (!isUsable || partitions > PARTITIONS_MAX) {
    problems.push(
      `${partitions} partitions are not possible:` +
        ` use a prime up to ${PARTITIONS_MAX}, such as 67 or 1021`,
    );
  }

  if (!Number.isInteger(n) || n < 1 || n > OWNERS_MAX) {
    problems.push(`n cannot be ${n}: use a whole number from 1 to ${OWNERS_MAX}`);
  } else if (hosts.length < (resolveQuorum('quorum', n) ?? n)) {
    problems.push(`n=${n} has no quorum on ${hosts.length} hosts: start more, or use a smaller n`);
  }

  for (const host of hosts) {
    const {error} = hostSchema.safeParse(host);
    problems.push(...(error?.issues ?? []).map(({message}) => `host '${host.id}': ${message}`));
  }

  if (new Set(buckets.map(({bucket}) => bucket)).size < buckets.length) {
    problems.push('a bucket is given twice: give all its settings at once');
  }

  return problems;
}

function token(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64url');
}
