/**
 * Copies: the fault budget. A write that k owners acknowledged must be there, or be superseded,
 * while fewer than k of the copies that it then had are lost: with a wiped disk, a rotten record,
 * or an unsynced tail where durability is less than fsync.
 *
 * Only of an unsynced tail does its host know nothing: it goes on answering reads, which may miss
 * the write.
 */
import type {Operation} from './history.js';

type Promised = {
  readonly needed: number;
  readonly holders: ReadonlySet<string>;
  readonly lost: Set<string>;
  /** Of these, those whose hosts did not notice. */
  unnoticed: number;
};

export class Copies {
  readonly #byOperation = new Map<Operation, Promised>();

  /** `holders` had it when it was acknowledged by `needed` of them. */
  acknowledged(operation: Operation, needed: number, holders: readonly string[]): void {
    const before = this.#byOperation.get(operation);
    if (before === undefined || before.needed < needed) {
      this.#promise(operation, needed, holders);
    }
  }

  /** Something on the host's disk is gone. `isThere` tells of a write whether it is not. */
  lost(
    host: string,
    isThere: (operation: Operation) => boolean,
    {isNoticed}: {readonly isNoticed: boolean},
  ): void {
    for (const [operation, promised] of this.#byOperation) {
      const {holders, lost} = promised;
      if (holders.has(host) && !lost.has(host) && !isThere(operation)) {
        lost.add(host);
        promised.unnoticed += isNoticed ? 0 : 1;
      }
    }
  }

  /** All owners are equal again: each has a copy of all that any of them has. */
  proven(owners: readonly string[], isTheirs: (operation: Operation) => boolean): void {
    for (const [operation, promised] of this.#byOperation) {
      if (isTheirs(operation) && !this.mayBeLost(operation)) {
        this.#promise(operation, promised.needed, owners);
      }
    }
  }

  /** How many of its copies may answer a read without it. */
  unnoticed(operation: Operation): number {
    return this.#byOperation.get(operation)?.unnoticed ?? 0;
  }

  #promise(operation: Operation, needed: number, holders: readonly string[]): void {
    const promised = {needed, holders: new Set(holders), lost: new Set<string>(), unnoticed: 0};
    this.#byOperation.set(operation, promised);
  }

  /** The budget is spent: nobody can expect the write to be anywhere. */
  mayBeLost(operation: Operation): boolean {
    const promised = this.#byOperation.get(operation);
    return promised !== undefined && promised.lost.size >= promised.needed;
  }
}
