/** Where a key lives, computed from the topology as the hosts do it. */
import {checkName, encodeKey, KeyError, nameOf, splitName} from '../../keys.js';
import {partitionOf} from '../../ring/partition.js';
import {Subjects} from '../../subjects.js';
import type {PublicTopology} from '../../topology/document.js';
import {ownersOf, policyOf, standInOf} from '../../topology/lookup.js';
import {ExitCode} from '../exit-codes.js';
import {CliProblem} from '../problem.js';

export type Place = {
  readonly bucket: string;
  /** In its canonical spelling. */
  readonly key: string;
  readonly partition: number;
  readonly owners: readonly string[];
  readonly standIn: string | null;
  /** What a plain NATS client asks, with get, put or del. */
  readonly subject: string;
  /** What the broker makes of it. */
  readonly mapped: string;
  readonly epoch: number;
};

/** `second` undefined: the first is bucket and key in one. Throws `CliProblem`. */
export function locate(topology: PublicTopology, first: string, second?: string): Place {
  const {bucket, key} = spell(first, second);
  const name = nameOf(bucket, key);
  const partition = partitionOf(name, topology.partitions);
  const subjects = new Subjects(topology.cluster.name);
  return {
    bucket,
    key,
    partition,
    owners: ownersOf(topology, partition, policyOf(topology, bucket).n),
    standIn: standInOf(topology, partition),
    subject: subjects.plain('get', name),
    mapped: subjects.mapped(partition, 'get', name),
    epoch: topology.epoch,
  };
}

export function describePlace(place: Place): string {
  const {bucket, key, partition, owners, standIn, subject, mapped} = place;
  return `bucket     ${bucket}
key        ${key}
partition  ${partition}
owners     ${owners.join(', ')}
stand-in   ${standIn ?? 'none: every host is an owner'}
subject    ${subject}
mapped to  ${mapped}
`;
}

function spell(first: string, second: string | undefined): {bucket: string; key: string} {
  const named = second === undefined ? splitName(first) : {bucket: first, key: second};
  if (second === undefined && !first.includes('.')) {
    throw unspelled('there is no key: give BUCKET KEY, or bucket.key');
  }

  try {
    const key = encodeKey(named.key);
    const problem = checkName(named.bucket, key);
    if (problem === null) {
      return {bucket: named.bucket, key};
    }

    throw unspelled(problem.text);
  } catch (error) {
    throw error instanceof KeyError ? unspelled(error.message) : error;
  }
}

function unspelled(why: string): CliProblem {
  return new CliProblem(
    ExitCode.usage,
    'this names no key',
    why,
    'for example: locate users alice',
  );
}
