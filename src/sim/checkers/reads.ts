/**
 * What a get shows is true: every value is durable somewhere, every write that was acknowledged
 * before it began by replicas that its quorum must meet is shown or superseded, its context covers
 * nothing that a reader was not shown, and a stand-in that it counts has shown something.
 */
import {covers, dominates, type VersionVector} from '../../causality/version-vector.js';
import {claimsOf, describe, type Attempt, type Claim, type Operation} from '../history.js';
import type {Birth, Ledger} from '../ledger.js';

export type ReadFacts = {
  readonly ledger: Ledger;
  readonly operations: readonly Operation[];
  /** Of the claim's context, empty when there is none. */
  readonly vector: VersionVector;
  /** What each host has durably of the key. */
  readonly durable: readonly VersionVector[];
  readonly writerOf: (value: Uint8Array) => Operation | null;
  readonly isLww: boolean;
  /** False for a write of which too many copies are lost. */
  readonly isDue: (operation: Operation) => boolean;
  /** How many of the write's copies were lost without a word. */
  readonly unnoticed: (operation: Operation) => number;
  /** Some disk may have lost the write that is shown. */
  readonly isAnyLost: (operation: Operation) => boolean;
};

/** For a get that was just answered with 200 or 404. */
export function checkRead(
  {operation, sentMs, wantsAll}: Attempt,
  claim: Claim,
  facts: ReadFacts,
): string[] {
  const {ledger, vector, writerOf, operations} = facts;
  const said = `${claim.host} answered ${describe(operation)} with ${claim.code}`;
  const problems: string[] = [];
  const shown = claim.values.map(writerOf);
  for (const writer of shown) {
    if (writer === null || writer.name !== operation.name) {
      problems.push(`${said} and a value that nobody wrote there`);
    } else if (!isDurable(writer, facts) && !facts.isAnyLost(writer)) {
      problems.push(`${said} and shows ${describe(writer)}, which could still vanish`);
    }
  }

  if (claim.outcome === 'sloppy' && vector.length === 0) {
    problems.push(`${said}, counting a stand-in that keeps nothing`);
  }

  for (const write of operations) {
    const lost = facts.unnoticed(write);
    const mustMeet = isWriteOf(write, operation.name) && isMet(write, sentMs, claim, lost);
    if (mustMeet && facts.isDue(write)) {
      const dots = ledger.ofOperation(write);
      if (dots.length > 0 && !dots.some(({dot, isPurged}) => isPurged || covers(vector, dot))) {
        problems.push(`${said} and missed ${describe(write)}, acknowledged before it began`);
      }
    }
  }

  if (wantsAll && !facts.isLww) {
    for (const birth of ledger.of(operation.name)) {
      if (covers(vector, birth.dot) && isHidden(birth, shown, ledger)) {
        problems.push(`${said}, hides ${birth.write}, and its context covers it`);
      }
    }
  }

  return problems;
}

function isWriteOf({verb, name}: Operation, key: string): boolean {
  return verb !== 'get' && name === key;
}

/**
 * Some of the replicas that acknowledged it are among any so many that answer a get. Where a
 * stand-in was counted, on either side, none need be.
 */
function isMet(write: Operation, sinceMs: number, get: Claim, lost: number): boolean {
  return (
    get.outcome !== 'sloppy' &&
    claimsOf(write).some(
      ({code, context, atMs, acks, slots, outcome}) =>
        code === 200 &&
        context !== '' &&
        outcome !== 'sloppy' &&
        atMs < sinceMs &&
        acks - lost + get.acks > slots,
    )
  );
}

/**
 * A write that was overtaken within its batch is on no disk and was never seen: what overtook it
 * has seen as much as its reader.
 */
function isDurable(writer: Operation, {ledger, durable, vector}: ReadFacts): boolean {
  const dots = ledger.ofOperation(writer);
  return dots.length === 0
    ? durable.some(own => dominates(own, vector))
    : dots.some(({dot, isPurged}) => isPurged || durable.some(own => covers(own, dot)));
}

/** Alive, a value, and not shown. The echo of a superseded write is rightly hidden. */
function isHidden(birth: Birth, shown: ReadonlyArray<Operation | null>, ledger: Ledger): boolean {
  const {operation, tombstone, dead} = birth;
  if (operation === null || tombstone || dead) {
    return false;
  }

  const isSuperseded =
    ledger.isAbsorbed(operation) || ledger.ofOperation(operation).some(other => other.dead);
  return !shown.includes(operation) && !isSuperseded;
}
