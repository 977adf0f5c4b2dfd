/**
 * Copies: the fault budget. A write that k owners acknowledged must be there, or be superseded,
 * while fewer than k of the copies that it then had are lost: with a wiped disk, a rotten record,
 * or an unsynced tail where durability is less than fsync.
 *
 * A copy of a stand-in's moves to an owner, so that of a write that counted one the copies are all
 * that there are.
 *
 * Only of an unsynced tail does its host know nothing: it goes on answering reads, which may miss
 * the write.
 */
import type {VersionVector} from '../causality/version-vector.js';
import type {Operation} from './history.js';

export type Acknowledged = {
  /** How many copies it was acknowledged by. */
  readonly needed: number;
  /** Hosts that had it when it was. */
  readonly holders: readonly string[];
  /** What each copy had seen; null when its host did not say. */
  readonly vector: VersionVector | null;
  /** A stand-in was counted. */
  readonly isSloppy: boolean;
};

type Promised = Acknowledged & {
  readonly lost: Set<string>;
  /** Of these, those whose hosts did not notice. */
  unnoticed: number;
};

export class Copies {
  readonly #byOperation = new Map<Operation, Promised>();

  acknowledged(operation: Operation, how: Acknowledged): void {
    const before = this.#byOperation.get(operation);
    if (before === undefined || before.needed < how.needed) {
      this.#byOperation.set(operation, {...how, lost: new Set(), unnoticed: 0});
    }
  }

  /** Writes that must still be somewhere. `isHurt`: some of its copies are lost. */
  *promised() {
    for (const [operation, {vector, lost, needed}] of this.#byOperation) {
      if (lost.size < needed) {
        yield {operation, vector, isHurt: lost.size > 0};
      }
    }
  }

  /** The host's disk had these writes, and has not any more. */
  lost(
    host: string,
    operations: readonly Operation[],
    {isNoticed}: {readonly isNoticed: boolean},
  ): void {
    for (const operation of operations) {
      const promised = this.#byOperation.get(operation);
      const isCopy = promised?.isSloppy === true || promised?.holders.includes(host) === true;
      if (promised !== undefined && isCopy && !promised.lost.has(host)) {
        promised.lost.add(host);
        promised.unnoticed += isNoticed ? 0 : 1;
      }
    }
  }

  /** All owners have it. */
  renewed(operation: Operation, owners: readonly string[]): void {
    const promised = this.#byOperation.get(operation);
    if (promised !== undefined) {
      const renewed = {...promised, holders: owners, isSloppy: false};
      this.#byOperation.set(operation, {...renewed, lost: new Set(), unnoticed: 0});
    }
  }

  /** How many of its copies may answer a read without it. */
  unnoticed(operation: Operation): number {
    return this.#byOperation.get(operation)?.unnoticed ?? 0;
  }

  /** The budget is spent: nobody can expect the write to be anywhere. */
  mayBeLost(operation: Operation): boolean {
    const promised = this.#byOperation.get(operation);
    return promised !== undefined && promised.lost.size >= promised.needed;
  }
}
