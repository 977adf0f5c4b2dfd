/**
 * Checks what was acknowledged a replica at a time: every owner of a key is asked by itself for its
 * own copy (R=one, addressed), so that no other replica answers in its place.
 *
 * A quorum read would hide a lost copy behind the others until it is the last one.
 */
import type {NatsConnection} from '@nats-io/transport-node';
import {setTimeout as sleep} from 'node:timers/promises';
import {partitionOf} from '../../src/ring/partition.js';
import {ownersOf, policyOf} from '../../src/topology/lookup.js';
import type {Topology} from '../../src/topology/document.js';
import {getOp, operate} from './ask-host.js';
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

/**
 * A host asks another replica when its own is slow; frames this small are answered from its own
 * copies.
 */
const FRAME_OPS = 32;
const ROUNDS_MAX = 40;
const PAUSE_MS = 250;

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

/** What a host itself holds of keys that it owns; what it refuses is asked again for a while. */
async function readOwn(
  connection: NatsConnection,
  host: string,
  bucket: string,
  keys: readonly RecordedKey[],
): Promise<string[][]> {
  const found = new Map<number, string[]>();
  let last = '';
  for (let round = 1; found.size < keys.length; round += 1) {
    const missing = [...keys.keys()].filter(index => !found.has(index));
    for (let first = 0; first < missing.length; first += FRAME_OPS) {
      const ops = missing
        .slice(first, first + FRAME_OPS)
        .map(no => getOp(no, bucket, keys[no]?.key ?? '', {r: 'one', timeoutMs: 5_000}));
      for (const [no, code, text, values] of await operate(connection, host, ops)) {
        if (code === 200 || code === 404) {
          const texts = values.map(value => Buffer.from(value).toString());
          found.set(no, texts);
        } else {
          last = `${code} ${text}`;
        }
      }
    }

    if (round > ROUNDS_MAX) {
      throw new Error(`${host} does not show ${keys.length - found.size} of its copies: ${last}`);
    }

    if (found.size < keys.length) {
      await sleep(PAUSE_MS);
    }
  }

  return keys.map((_, index) => found.get(index) ?? []);
}
