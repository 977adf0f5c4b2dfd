/** Holdings: what the disks of a simulated cluster hold of a key, seen from outside. */
import type {StoredObject} from '../causality/object.js';
import {splitName} from '../keys.js';
import {partitionOf} from '../ring/partition.js';
import {ownersOf, policyOf} from '../topology/lookup.js';
import type {SimCluster} from './cluster.js';
import {durableHint, durableObject, readHint, writtenHint, writtenObject} from './records.js';

export class Holdings {
  constructor(private readonly cluster: SimCluster) {}

  /** How many hints lie on all disks. */
  get hints(): number {
    const entries = this.cluster.hosts.flatMap(({disk}) => disk.entries());
    return entries.filter(entry => readHint(entry) !== null).length;
  }

  replicasOf(name: string): readonly string[] {
    const {topology} = this.cluster;
    const {n} = policyOf(topology, splitName(name).bucket);
    return ownersOf(topology, this.#partitionOf(name), n);
  }

  /** Hosts that may keep hints of the key. */
  standInsOf(name: string): string[] {
    const replicas = this.replicasOf(name);
    return this.cluster.hosts.map(({id}) => id).filter(id => !replicas.includes(id));
  }

  /** What a host has of the key as safely as its durability says. */
  durable(host: string, name: string): StoredObject | null {
    const find = this.cluster.durability === 'fsync' ? durableObject : writtenObject;
    return find(this.cluster.host(host).disk, this.#partitionOf(name), name);
  }

  /** What its next read would find, synced or not. */
  written(host: string, name: string): StoredObject | null {
    return writtenObject(this.cluster.host(host).disk, this.#partitionOf(name), name);
  }

  /** What stand-ins keep of the key, as safely as their durability says. */
  kept(name: string): Array<StoredObject | null> {
    const find = this.cluster.durability === 'fsync' ? durableHint : writtenHint;
    const disks = this.standInsOf(name).map(id => this.cluster.host(id).disk);
    return disks.map(disk => find(disk, this.#partitionOf(name), name));
  }

  /** What counts as the host's copy: a stand-in's, once delivered, lies with an owner. */
  copiesOf(host: string, name: string): Array<StoredObject | null> {
    const replicas = this.replicasOf(name);
    return replicas.includes(host)
      ? [this.durable(host, name)]
      : [...this.kept(name), ...replicas.map(replica => this.durable(replica, name))];
  }

  #partitionOf(name: string): number {
    return partitionOf(name, this.cluster.topology.partitions);
  }
}
