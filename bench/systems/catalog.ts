/**
 * The systems that are measured: what each one's acknowledgement is worth, how it is started, and
 * what it cannot be asked.
 */
import {join} from 'node:path';
import type {Stage} from '../stage/stage.js';
import type {WorkloadName} from '../workloads/workloads.js';
import {findEtcd, startEtcd} from './etcd-cluster.js';
import {startJetStream} from './jetstream-cluster.js';
import {QuorateCluster} from './quorate-cluster.js';
import type {Cluster, StartCluster, SystemName} from './system.js';

export type SystemFacts = {
  /** Systems of one kind are reached on the same servers. */
  readonly kind: 'quorate' | 'jetstream' | 'etcd' | 'rocksdb';
  readonly durability: string;
};

const QUORATE = 'synced to disk on 2 of 3 hosts before it is acknowledged';
const JETSTREAM = 'not synced before it is acknowledged (sync_interval 2m)';

export const SYSTEMS: Readonly<Record<SystemName, SystemFacts>> = {
  'Quorate library': {kind: 'quorate', durability: QUORATE},
  'Quorate plain': {kind: 'quorate', durability: QUORATE},
  'JetStream KV R1': {kind: 'jetstream', durability: `1 server, ${JETSTREAM}`},
  'JetStream KV R3': {kind: 'jetstream', durability: `2 of 3 servers, ${JETSTREAM}`},
  etcd: {kind: 'etcd', durability: 'synced to disk on 2 of 3 nodes before it is acknowledged'},
  'RocksDB limit': {kind: 'rocksdb', durability: 'log synced after each batch'},
};

export const STARTERS: Readonly<Record<SystemFacts['kind'], StartCluster>> = {
  quorate: (stage, folder) => QuorateCluster.start(stage, folder),
  jetstream: startJetStream,
  etcd: startEtcd,
  rocksdb: startNothing,
};

/** Why a system cannot be measured here; '' when it can. */
export function missing(system: SystemName): string {
  return SYSTEMS[system].kind === 'etcd' && findEtcd() === null
    ? 'etcd is not installed (Debian: apt-get install etcd-server)'
    : '';
}

/**
 * RocksDB alone carries out single operations only, and each of them as often as a cluster of three
 * with R 2 would have to on the same machine. Null: the system is not asked this.
 */
export function copiesOf(system: SystemName, workload: WorkloadName): number | null {
  if (SYSTEMS[system].kind !== 'rocksdb') {
    return 1;
  }

  const copies = new Map<WorkloadName, number>([
    ['put', 3],
    ['get', 2],
  ]);
  return copies.get(workload) ?? null;
}

/** The engine is opened by the load generator itself. */
async function startNothing(_stage: Stage, folder: string): Promise<Cluster> {
  return {
    processes: [],
    versions: {},
    addressOf: () => ({servers: [], place: join(folder, 'database')}),
    async stop() {},
  };
}
