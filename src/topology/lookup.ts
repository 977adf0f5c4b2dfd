/** What requests ask of a topology, answered once a document and kept with it. */
import {type Domains, domainsOf} from '../ring/domains.js';
import {orderStandIns} from '../ring/stand-ins.js';
import type {PublicTopology, TopologyHost} from './document.js';
import {type BucketPolicy, resolveQuorum} from './policy.js';

/** A policy whose quorums are counted for its n. */
export type ResolvedPolicy = Omit<BucketPolicy, 'r' | 'w'> & {
  readonly r: number;
  readonly w: number;
};

type Answers = {
  readonly owners: ReadonlyArray<readonly string[]>;
  readonly hosts: ReadonlyMap<string, TopologyHost>;
  readonly defaults: ResolvedPolicy;
  /** Only buckets with a policy of their own: names that clients make up must not fill it. */
  readonly policies: ReadonlyMap<string, ResolvedPolicy>;
  readonly domains: Domains;
  /** By partition; filled as partitions are asked for. */
  readonly standIns: Map<number, readonly string[]>;
};

const answersOf = new WeakMap<PublicTopology, Answers>();

export function policyOf(topology: PublicTopology, bucket: string): ResolvedPolicy {
  const {policies, defaults} = answers(topology);
  return policies.get(bucket) ?? defaults;
}

/** Ids in order of preference, at most `n` of them: a bucket with a smaller n uses the first. */
export function ownersOf(
  topology: PublicTopology,
  partition: number,
  n: number = topology.n,
): readonly string[] {
  const owners = answers(topology).owners[partition] ?? [];
  return n < owners.length ? owners.slice(0, n) : owners;
}

/** The host that stands in first when an owner is down. */
export function standInOf(topology: PublicTopology, partition: number): string | null {
  return topology.hosts[topology.standIns[partition] ?? -1]?.id ?? null;
}

/** All hosts that are no owners, in the order in which they stand in for those. */
export function standInsOf(topology: PublicTopology, partition: number): readonly string[] {
  const {standIns, domains} = answers(topology);
  let hosts = standIns.get(partition);
  if (hosts === undefined) {
    const ids = topology.hosts.map(({id}) => id);
    const row = topology.owners[partition] ?? [];
    const first = topology.standIns[partition] ?? null;
    hosts = orderStandIns(partition, row, first, ids, domains).map(host => ids[host] ?? '');
    standIns.set(partition, hosts);
  }

  return hosts;
}

export function hostOf(topology: PublicTopology, id: string): TopologyHost | null {
  return answers(topology).hosts.get(id) ?? null;
}

/** Partitions that a host owns, ascending. */
export function partitionsOf(topology: PublicTopology, id: string): number[] {
  const {owners} = answers(topology);
  return [...owners.keys()].filter(partition => owners[partition]?.includes(id));
}

function answers(topology: PublicTopology): Answers {
  let known = answersOf.get(topology);
  if (known === undefined) {
    const {hosts, owners, buckets} = topology;
    known = {
      owners: owners.map(row => row.map(host => hosts[host]?.id ?? '')),
      hosts: new Map(hosts.map(host => [host.id, host])),
      defaults: resolve(buckets.defaults),
      policies: new Map(
        Object.entries(buckets.byName).map(([bucket, policy]) => [bucket, resolve(policy)]),
      ),
      domains: domainsOf(hosts),
      standIns: new Map(),
    };
    answersOf.set(topology, known);
  }

  return known;
}

/** A checked document has no quorum outside 1..n. */
function resolve(policy: BucketPolicy): ResolvedPolicy {
  const {n} = policy;
  return {...policy, r: resolveQuorum(policy.r, n) ?? n, w: resolveQuorum(policy.w, n) ?? n};
}
