/**
 * No deleted key returns: what an acknowledged delete has superseded is buried, and from then on it
 * is neither shown by a read that must meet the delete nor there in the end.
 */
import {compareDots} from '../../causality/dot.js';
import type {StoredObject} from '../../causality/object.js';
import {covers, dominates, type VersionVector} from '../../causality/version-vector.js';
import {describe, type Attempt, type Claim, type Operation} from '../history.js';
import {carries, type Birth, type Ledger} from '../ledger.js';

/** A write that a delete has superseded, and how sure that is. */
export type Burial = {
  readonly birth: Birth;
  readonly by: Operation;
  readonly atMs: number;
  readonly acks: number;
  readonly slots: number;
};

/**
 * What the delete that was just acknowledged buried: the values that its context covers and that
 * none of the copies which have seen as much still carries.
 */
export function burialsOf(
  by: Operation,
  {atMs, acks, slots}: Claim,
  vector: VersionVector,
  facts: {readonly ledger: Ledger; readonly copies: ReadonlyArray<StoredObject | null>},
): Burial[] {
  const seen = facts.copies.filter(copy => copy !== null && dominates(copy.vector, vector));
  return facts.ledger
    .of(by.name)
    .filter(({dot, tombstone}) => !tombstone && covers(vector, dot))
    .filter(({dot}) => seen.length > 0 && !seen.some(copy => copy !== null && carries(copy, dot)))
    .map(birth => ({birth, by, atMs, acks, slots}));
}

/** For a get that was just answered with values. */
export function checkShownDeleted(
  {operation, sentMs}: Attempt,
  {host, acks}: Claim,
  shown: ReadonlyArray<Operation | null>,
  facts: {readonly ledger: Ledger; readonly burials: readonly Burial[]},
): string[] {
  const due = facts.burials.filter(
    burial =>
      burial.birth.name === operation.name &&
      burial.atMs < sentMs &&
      burial.acks + acks > burial.slots,
  );
  return due
    .filter(({birth}) => birth.operation !== null && shown.includes(birth.operation))
    .filter(({birth}) =>
      facts.ledger.ofOperation(birth.operation as Operation).every(isBuried(due)),
    )
    .map(
      ({birth, by}) =>
        `${host} answered ${describe(operation)}: ${birth.write}, which ${describe(by)} deleted`,
    );
}

/** In the end. */
export function checkReturned(
  burials: readonly Burial[],
  merged: (name: string) => StoredObject | null,
  mayBeLost: (operation: Operation) => boolean,
): string[] {
  return burials
    .filter(({by}) => !mayBeLost(by))
    .filter(({birth}) => {
      const object = merged(birth.name);
      return object !== null && carries(object, birth.dot);
    })
    .map(
      ({birth, by}) => `${birth.write} of ${birth.name} is back, and ${describe(by)} deleted it`,
    );
}

/** A write that was tried again has several dots: it is gone when all of them are. */
function isBuried(burials: readonly Burial[]): (birth: Birth) => boolean {
  return ({dot}) => burials.some(({birth}) => compareDots(birth.dot, dot) === 0);
}
