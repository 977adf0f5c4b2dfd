/**
 * Losses: what disks lose of what was promised, and which hosts may lack since when what they had.
 *
 * A host knows of a replaced disk and of rot, and answers for nothing until it was compared. Of an
 * unsynced tail, where durability is less than fsync, it knows nothing.
 */
import type {StoredObject} from '../causality/object.js';
import type {VersionVector} from '../causality/version-vector.js';
import type {SimCluster} from './cluster.js';
import {Copies} from './copies.js';
import type {Operation} from './history.js';
import type {Holdings} from './holdings.js';

/** Whether an object has seen a write, which may be known by what its copies had seen alone. */
export type IsIn = (
  object: StoredObject | null,
  operation: Operation,
  vector: VersionVector | null,
) => boolean;

export class Losses {
  readonly copies = new Copies();
  readonly #downAtMs = new Map<string, number>();
  /** When its disk last lost something of which the host knows. */
  readonly #lostAtMs = new Map<string, number>();

  constructor(
    private readonly cluster: SimCluster,
    private readonly holdings: Holdings,
    private readonly isIn: IsIn,
  ) {}

  /** The host's process has ended. */
  down(host: string): void {
    this.#downAtMs.set(host, this.cluster.clock.nowMs());
  }

  /** `lose` takes something from the host's disk, perhaps. */
  losing(host: string, how: {readonly isNoticed: boolean}, lose: () => void): void {
    this.#renew();
    const before = this.#promisedOn(host);
    lose();
    const after = new Set(this.#promisedOn(host));
    const gone = before.filter(operation => !after.has(operation));
    this.copies.lost(host, gone, how);
    if (how.isNoticed) {
      this.#lostAtMs.set(host, this.cluster.clock.nowMs());
    }
  }

  /** Whether the host may have lost, and not noticed, what it had then or since. */
  mayHaveForgotten(host: string, sinceMs: number): boolean {
    const downAtMs = this.#downAtMs.get(host) ?? -1;
    return this.cluster.durability !== 'fsync' && downAtMs >= sinceMs;
  }

  /** Whether it may have lost that, and noticed. */
  hasLost(host: string, sinceMs: number): boolean {
    return (this.#lostAtMs.get(host) ?? -1) >= sinceMs;
  }

  /**
   * Most owners of the key's partition lost their disks: while the others are away they take
   * themselves for a new cluster, and miss what only those have.
   */
  mayHaveFounded(name: string, sinceMs: number): boolean {
    const owners = this.holdings.ownersOf(name);
    return 2 * owners.filter(host => this.hasLost(host, sinceMs)).length > owners.length;
  }

  /** Of writes that all their owners have by now no copy counts as lost. */
  #renew(): void {
    for (const {operation, vector, isHurt} of this.copies.promised()) {
      const owners = this.holdings.replicasOf(operation.name);
      const has = (owner: string) =>
        this.isIn(this.holdings.durable(owner, operation.name), operation, vector);
      if (isHurt && owners.every(has)) {
        this.copies.renewed(operation, owners);
      }
    }
  }

  #promisedOn(host: string): Operation[] {
    const objects = new Map<string, ReadonlyArray<StoredObject | null>>();
    const found: Operation[] = [];
    for (const {operation, vector} of this.copies.promised()) {
      const {name} = operation;
      const here = objects.get(name) ?? this.holdings.onDisk(host, name);
      objects.set(name, here);
      if (here.some(object => this.isIn(object, operation, vector))) {
        found.push(operation);
      }
    }

    return found;
  }
}
