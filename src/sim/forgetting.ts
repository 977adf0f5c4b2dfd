/**
 * Watches hosts remove objects and retire entries of vectors, and notes in the ledger what they can
 * then no longer tell.
 */
import type {StoredObject} from '../causality/object.js';
import {isDeleted} from '../causality/siblings.js';
import {covers} from '../causality/version-vector.js';
import {named} from './checkers/named.js';
import {checkRetired} from './checkers/purges.js';
import type {SimCluster} from './cluster.js';
import type {Ledger} from './ledger.js';
import {readObject, type ObjectRecord} from './records.js';

export class Forgetting {
  /** Entries that vectors on disks have let go of. */
  retired = 0;

  constructor(
    private readonly cluster: SimCluster,
    private readonly ledger: Ledger,
    private readonly blame: (violation: string) => void,
  ) {}

  /** Objects are removed only once nobody can bring back what they had superseded. */
  removing(host: string, key: Uint8Array): void {
    const record = this.#before(host, key);
    if (record !== null && isDeleted(record.object)) {
      this.ledger.purge(record.name, record.object.vector);
    } else if (record !== null) {
      this.blame(`${host} removes ${record.name}, of which values are left`);
    }
  }

  /** Entries leave a vector only once nobody can bring back what they cover. */
  replacing(host: string, key: Uint8Array, next: StoredObject): void {
    const before = this.#before(host, key);
    const lost = before?.object.vector.filter(entry => !covers(next.vector, entry)) ?? [];
    if (before !== null && lost.length > 0) {
      named('purges', checkRetired(host, before.name, lost, this.ledger)).forEach(this.blame);
      this.ledger.purge(before.name, lost);
      this.retired += lost.length;
    }
  }

  #before(host: string, key: Uint8Array): ObjectRecord | null {
    const value = this.cluster.host(host).disk.get(key);
    return value === null ? null : readObject({key, value});
  }
}
