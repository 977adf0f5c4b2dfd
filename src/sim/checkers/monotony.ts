/**
 * In a strict bucket reads never go back in time: what one read has shown, a later one whose quorum
 * must meet it knows.
 */
import {dominates, type VersionVector} from '../../causality/version-vector.js';
import {describe, type Attempt, type Claim} from '../history.js';

/** What a read was answered with, and by how many owners. */
export type Seen = {
  readonly name: string;
  readonly atMs: number;
  readonly acks: number;
  readonly vector: VersionVector;
  readonly what: string;
};

export function seenBy({operation}: Attempt, claim: Claim, vector: VersionVector): Seen {
  const {atMs, acks, host} = claim;
  return {name: operation.name, atMs, acks, vector, what: `${describe(operation)} from ${host}`};
}

/**
 * A read with R answers has made N - R + 1 owners hold what it shows; R others or more meet one.
 */
export function checkMonotony(
  {operation, sentMs}: Attempt,
  claim: Claim,
  vector: VersionVector,
  earlier: readonly Seen[],
): string[] {
  return earlier
    .filter(seen => seen.name === operation.name && seen.atMs < sentMs && claim.acks >= seen.acks)
    .filter(seen => !dominates(vector, seen.vector))
    .map(
      ({what}) => `${claim.host} answered ${describe(operation)} with less than ${what} had shown`,
    );
}
