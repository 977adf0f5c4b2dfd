/** Holdings: what the disks of a simulated cluster hold of a key, seen from outside. */
import type {StoredObject} from '../causality/object.js';
import {splitName} from '../keys.js';
import {partitionOf} from '../ring/partition.js';
import {objectKey} from '../store/layout.js';
import {ownersOf, policyOf} from '../topology/lookup.js';
import type {SimCluster} from './cluster.js';
import {
  durableHint,
  durableObject,
  readHint,
  readObject,
  writtenHint,
  writtenObject,
} from './records.js';

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

  /** All owners of the key's partition, also those beyond its bucket's n. */
  ownersOf(name: string): readonly string[] {
    const {topology} = this.cluster;
    return ownersOf(topology, this.#partitionOf(name), topology.n);
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
    return this.standInsOf(name).map(host => this.#hint(host, name));
  }

  /** What the host has of the key: as its owner, and as a stand-in. */
  onDisk(host: string, name: string): ReadonlyArray<StoredObject | null> {
    return [this.durable(host, name), this.#hint(host, name)];
  }

  /** All owners have agreed that what this one has of the key may go. */
  isMarked(host: string, name: string): boolean {
    const key = objectKey(this.#partitionOf(name), name);
    const value = this.cluster.host(host).disk.get(key);
    return value !== null && readObject({key, value})?.isMarked === true;
  }

  #hint(host: string, name: string): StoredObject | null {
    const find = this.cluster.durability === 'fsync' ? durableHint : writtenHint;
    return find(this.cluster.host(host).disk, this.#partitionOf(name), name);
  }

  #partitionOf(name: string): number {
    return partitionOf(name, this.cluster.topology.partitions);
  }
}
