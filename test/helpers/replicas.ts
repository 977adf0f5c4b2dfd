/**
 * Checks what was acknowledged a replica at a time: every owner of a key is asked by itself for its
 * own copy (R=one, addressed), so that no other replica answers in its place.
 *
 * A quorum read would hide a lost copy behind the others until it is the last one.
 */
import type {NatsConnection} from '@nats-io/transport-node';
import {partitionOf} from '../../src/ring/partition.js';
import {ownersOf, policyOf} from '../../src/topology/lookup.js';
import type {Topology} from '../../src/topology/document.js';
import {isAnswer, readKeys} from './read-keys.js';
import type {RecordedKey} from './recorded-key.js';

/** What a load has recorded of a bucket. */
export type Recorded = {readonly bucket: string; readonly keys: readonly RecordedKey[]};

export type Promised =
  /** On as many owners as acknowledged it, while no disk is lost. */
  | 'acknowledged'
  /** On all owners, once they are proven equal. */
  | 'everywhere';

export type ReplicaReport = {
  readonly keys: number;
  /** Keys of which all owners show the same. */
  readonly equal: number;
  /** Keys of which an owner lacks the last acknowledged write, while enough others have it. */
  readonly stale: readonly string[];
  /** Keys of which fewer owners have the last acknowledged write than was promised, and others. */
  readonly lost: readonly string[];
};

type Copy = {readonly host: string; readonly values: readonly string[]};

export async function checkReplicas(
  connection: NatsConnection,
  topology: Topology,
  {bucket, keys}: Recorded,
  promised: Promised = 'acknowledged',
): Promise<ReplicaReport> {
  const copies = new Map<RecordedKey, Copy[]>(keys.map(key => [key, []]));
  for (const {id} of topology.hosts) {
    const owned = keys.filter(({key}) => ownersOfKey(topology, bucket, key).includes(id));
    for (const [index, values] of (await readOwn(connection, id, bucket, owned)).entries()) {
      copies.get(owned[index] as RecordedKey)?.push({host: id, values});
    }
  }

  const stale: string[] = [];
  const lost: string[] = [];
  let equal = 0;
  for (const [key, held] of copies) {
    const problem = lossOf(key, held, promised);
    const behind = held.filter(({values}) => key.standingOf(values) === 'behind');
    equal += new Set(held.map(({values}) => values.toSorted().join('\n'))).size === 1 ? 1 : 0;
    if (problem !== '') {
      lost.push(`${key.key}: ${problem}`);
    } else if (behind.length > 0) {
      stale.push(`${key.key}: behind at ${behind.map(({host}) => host).join(', ')}`);
    }
  }

  return {keys: keys.length, equal, stale, lost};
}

export function ownersOfKey(topology: Topology, bucket: string, key: string): readonly string[] {
  const partition = partitionOf(`${bucket}.${key}`, topology.partitions);
  return ownersOf(topology, partition, policyOf(topology, bucket).n);
}

function lossOf(key: RecordedKey, copies: readonly Copy[], promised: Promised): string {
  const foreign = copies.find(({values}) => key.standingOf(values) === 'foreign');
  if (foreign !== undefined) {
    return `${foreign.host} holds what was never written`;
  }

  const {acks, outcome} = key.acknowledgement;
  // A stand-in was counted whose copy has gone to an owner, or will.
  const counted = outcome === 'sloppy' ? Math.min(1, acks) : acks;
  const wanted = promised === 'everywhere' ? copies.length : counted;
  const holders = copies.filter(({values}) => key.standingOf(values) === 'holds');
  const seen = `write ${key.acknowledged.no} is on ${holders.length} of ${wanted} owners`;
  return holders.length >= wanted ? '' : `${seen}: ${describe(copies)}`;
}

function describe(copies: readonly Copy[]): string {
  return copies
    .map(({host, values}) => `${host} shows ${values.map(summaryOf).join(' and ') || 'nothing'}`)
    .join(', ');
}

const summaryOf = (value: string) => value.split(' ')[1] ?? '';

/** What a host itself holds of keys that it owns. */
async function readOwn(
  connection: NatsConnection,
  host: string,
  bucket: string,
  keys: readonly RecordedKey[],
): Promise<Array<readonly string[]>> {
  const names = keys.map(({key}) => key);
  const reads = await readKeys(connection, host, bucket, names, 'one');
  const refused = reads.find(({code}) => !isAnswer(code));
  if (refused !== undefined) {
    throw new Error(`${host} does not show its copies: ${refused.code} ${refused.text}`);
  }

  return reads.map(({values}) => values);
}
