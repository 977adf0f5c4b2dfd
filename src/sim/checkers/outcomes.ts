/**
 * Every claimed outcome is true at the moment it is claimed: `acks k/n` of a write says that k
 * hosts have it where no power cut takes it, and that it is what was asked for.
 */
import {covers, dominates, type VersionVector} from '../../causality/version-vector.js';
import {claimsOf, describe, type Claim, type Operation} from '../history.js';
import type {Ledger} from '../ledger.js';

export type WriteClaimFacts = {
  readonly ledger: Ledger;
  /** Of the claim's context; null when it has none. */
  readonly vector: VersionVector | null;
  /** What each host has durably of the key, null for nothing. */
  readonly durable: ReadonlyArray<VersionVector | null>;
  /** Hosts that may have had it, and have lost the tail of what was not synced since. */
  readonly forgetful: number;
  readonly isLww: boolean;
};

/** For a put or delete that was just acknowledged. */
export function checkWriteClaim(
  operation: Operation,
  claim: Claim,
  facts: WriteClaimFacts,
): string[] {
  if (claim.code !== 200) {
    return [];
  }

  const {ledger, vector, durable, forgetful} = facts;
  const {host, acks, slots} = claim;
  const said = `${host} acknowledged ${describe(operation)} with ${acks}/${slots}`;
  if (vector === null) {
    return operation.verb === 'del' ? [] : checkByDots(operation, claim, said, facts);
  }

  const copies = durable.filter(own => own !== null && dominates(own, vector)).length;
  const problems = copies + forgetful < claim.acks ? [`${said}, and ${copies} hosts have it`] : [];
  const births = ledger.ofOperation(operation);
  const isNameless = operation.verb === 'del' && operation.id === '';
  if (births.length === 0 && wasOvertaken(operation, vector, facts)) {
    ledger.absorb(operation);
  }

  const isUnseen = isNameless || ledger.isAbsorbed(operation);
  if (!isUnseen && !births.some(({dot}) => covers(vector, dot))) {
    problems.push(`${said}, and its context does not cover it`);
  }

  if (claim.acks > claim.slots) {
    problems.push(said);
  }

  return problems;
}

/** A put that left siblings beside it has no context: its own dots tell who has it. */
function checkByDots(
  operation: Operation,
  {acks}: Claim,
  said: string,
  {ledger, durable, forgetful}: WriteClaimFacts,
): string[] {
  if (ledger.isAbsorbed(operation)) {
    return [];
  }

  const dots = ledger.ofOperation(operation).map(({dot}) => dot);
  if (dots.length === 0 && acks === 1) {
    // One copy, which another write of the same batch may have covered before it was written.
    ledger.absorb(operation);
    return [];
  }

  const copies = durable.filter(own => own !== null && dots.some(dot => covers(own, dot))).length;
  return copies + forgetful < acks
    ? [`${said}, without a context, and ${copies} hosts have it`]
    : [];
}

/**
 * The write was stamped with a dot that never left its host, because a later write of the same
 * batch covered it, a blind one or any where the last writer wins: what its context ends with was
 * never seen, and what came right after it was.
 */
function wasOvertaken(
  {name}: Operation,
  vector: VersionVector,
  {ledger, isLww}: WriteClaimFacts,
): boolean {
  const births = ledger.of(name);
  return vector.some(
    ({incarnation, counter}) =>
      !births.some(({dot}) => dot.incarnation === incarnation && dot.counter === counter) &&
      births.some(
        ({dot, operation}) =>
          dot.incarnation === incarnation &&
          dot.counter > counter &&
          (isLww || operation === null || operation.context === ''),
      ),
  );
}

/** In the end: what all hosts said was not applied was not. */
export function checkNotApplied(operations: readonly Operation[], ledger: Ledger): string[] {
  return operations
    .filter(operation => {
      const {attempts} = operation;
      const isDenied = attempts.every(
        ({claims, heard}) =>
          claims.length === 1 &&
          heard === 1 &&
          claims.every(({text}) => text.includes('nothing was applied')),
      );
      return attempts.length > 0 && isDenied && ledger.ofOperation(operation).length > 0;
    })
    .map(operation => {
      const [claim] = claimsOf(operation);
      return `${describe(operation)} was applied, and its client was told: ${claim?.text ?? ''}`;
    });
}
