/**
 * The shape of the topology document.
 *
 * Invariant: a document that passes is consistent: every owner exists, no partition lists one twice
 * or has an epoch beyond the document's, every bucket's quorums can be counted.
 */
import {z} from 'zod';
import {isPrime} from '../ring/partition.js';
import {isRoot} from '../subjects.js';
import {OWNERS_MAX, policyProblems, SIBLINGS_MAX, VALUE_BYTES_MAX} from './policy.js';

/** The largest prime of 14 bits. */
export const PARTITIONS_MAX = 16_381;
export const HOSTS_MAX = 1000;
export const WEIGHT_MAX = 1000;

/** Words that commands and queue groups use where an id could stand. */
const RESERVED_IDS = new Set(['all', 'any', 'hosts', 'none', 'self', '__proto__']);

const count = (max: number) => z.int().min(1).max(max);
const label = z.string().regex(/^[A-Za-z0-9_.-]{1,64}$/);
const quorum = z.union([z.enum(['one', 'quorum', 'all']), count(OWNERS_MAX)]);

export const hostSchema = z
  .object({
    id: z
      .string()
      .regex(/^[A-Za-z0-9_-]{1,32}$/, 'a host id is 1 to 32 of A-Z a-z 0-9 _ -')
      .refine(id => !RESERVED_IDS.has(id), 'this word is reserved: choose another host id'),
    labels: z
      .object({region: label.optional(), zone: label.optional(), machine: label.optional()})
      .readonly(),
    weight: z.number().positive().max(WEIGHT_MAX),
  })
  .readonly();

const policySchema = z
  .object({
    n: count(OWNERS_MAX),
    r: quorum,
    w: quorum,
    conflicts: z.enum(['siblings', 'lww']),
    quorum: z.enum(['sloppy', 'strict']),
    maxValueBytes: count(VALUE_BYTES_MAX),
    maxSiblings: count(SIBLINGS_MAX),
    compression: z.enum(['none', 'deflate']),
  })
  .readonly();

const bucketName = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,64}$/, 'a bucket is 1 to 64 of A-Z a-z 0-9 _ -');

const publicClusterSchema = z.object({
  /** 128 random bits. */
  id: z.string().regex(/^[A-Za-z0-9_-]{22}$/),
  /** The first token of all its subjects. */
  name: z
    .string()
    .refine(isRoot, 'a cluster name is 1 to 32 of A-Z a-z 0-9 _ -, first a letter or digit'),
});

/** Signs contexts. 256 random bits. */
const clusterSchema = publicClusterSchema.extend({secret: z.string().regex(/^[A-Za-z0-9_-]{43}$/)});

const publicSchema = z.object({
  format: z.literal(1),
  cluster: publicClusterSchema.readonly(),
  epoch: count(Number.MAX_SAFE_INTEGER),
  partitions: count(PARTITIONS_MAX).refine(
    partitions => partitions === 1 || isPrime(partitions),
    'the number of partitions is a prime (or 1): 67 and 1021 are good ones',
  ),
  /** Owners that each partition should have; fewer hosts leave it with fewer. */
  n: count(OWNERS_MAX),
  hosts: z.array(hostSchema).min(1).max(HOSTS_MAX).readonly(),
  /** For each partition, indexes into `hosts` in order of preference. */
  owners: z.array(z.array(z.int().min(0)).min(1).readonly()).readonly(),
  /** For each partition, the host that comes next; null when all are owners. */
  standIns: z.array(z.int().min(0).nullable()).readonly(),
  /** For each partition, the epoch of its latest change. */
  partitionEpochs: z.array(count(Number.MAX_SAFE_INTEGER)).readonly(),
  /** Changes of owners under way; there are none yet. */
  moves: z.array(z.never()).readonly(),
  buckets: z
    .object({
      /** For buckets that are not named. */
      defaults: policySchema,
      byName: z.record(bucketName, policySchema).readonly(),
    })
    .readonly(),
});

export const publicTopologySchema = publicSchema.superRefine(findContradictions).readonly();
export const topologySchema = publicSchema
  .extend({cluster: clusterSchema.readonly()})
  .superRefine(findContradictions)
  .readonly();

/** What no single field can say. */
function findContradictions(topology: z.infer<typeof publicSchema>, check: z.RefinementCtx): void {
  const {partitions, epoch, n, hosts, owners, standIns, partitionEpochs, buckets} = topology;
  const complain = (message: string) => check.addIssue({code: 'custom', message});
  if (new Set(hosts.map(({id}) => id)).size < hosts.length) {
    complain('two hosts have the same id');
  }

  for (const [field, values] of Object.entries({owners, standIns, partitionEpochs})) {
    if (values.length !== partitions) {
      complain(`${field} has ${values.length} entries for ${partitions} partitions`);
    }
  }

  for (const [partition, row] of owners.entries()) {
    if (row.length !== Math.min(n, hosts.length)) {
      complain(`partition ${partition} has ${row.length} owners`);
    }

    const standIn = standIns[partition] ?? null;
    const listed = standIn === null ? row : [...row, standIn];
    if (new Set(listed).size < listed.length || listed.some(host => host >= hosts.length)) {
      complain(`partition ${partition} lists a host twice, or one that does not exist`);
    }
  }

  if (partitionEpochs.some(partitionEpoch => partitionEpoch > epoch)) {
    complain('a partition has an epoch beyond the epoch of the topology');
  }

  for (const [bucket, policy] of [
    ['defaults', buckets.defaults] as const,
    ...Object.entries(buckets.byName),
  ]) {
    for (const problem of policyProblems(policy, n)) {
      complain(`bucket ${bucket}: ${problem}`);
    }
  }
}
