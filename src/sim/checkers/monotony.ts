/**
 * In a strict bucket reads never go back in time: what one read has shown, a later one whose quorum
 * must meet it knows.
 */
import {dominates, mergeVectors, type VersionVector} from '../../causality/version-vector.js';
import {describe, type Attempt, type Claim} from '../history.js';

/** What a read was answered with, and by how many owners. */
export type Seen = {
  readonly name: string;
  readonly sentMs: number;
  readonly atMs: number;
  readonly acks: number;
  readonly slots: number;
  readonly vector: VersionVector;
  readonly what: string;
};

/** How many owners of a key may have lost a copy that they had at that time, or got since. */
export type Losses = {
  /** They answer on, without it. */
  readonly unnoticed: (sinceMs: number) => number;
  readonly all: (sinceMs: number) => number;
  /** Most disks of the owners: the others may be missed. */
  readonly areMost: (sinceMs: number) => boolean;
};

export type OrderFacts = {
  readonly earlier: readonly Seen[];
  readonly losses: Losses;
  /** What was deleted, and has been forgotten by right. */
  readonly forgotten: VersionVector;
};

export function seenBy({operation, sentMs}: Attempt, claim: Claim, vector: VersionVector): Seen {
  const {atMs, acks, slots, host} = claim;
  const what = `${describe(operation)} from ${host}`;
  return {name: operation.name, sentMs, atMs, acks, slots, vector, what};
}

/**
 * A read with R answers has made N - R + 1 owners hold what it shows; R others or more meet one. Of
 * copies that their hosts lost in silence none need be met, and where all are lost no promise is
 * left.
 */
export function checkMonotony(
  {operation, sentMs}: Attempt,
  claim: Claim,
  vector: VersionVector,
  {earlier, losses, forgotten}: OrderFacts,
): string[] {
  const known = mergeVectors(vector, forgotten);
  return earlier
    .filter(seen => seen.name === operation.name && seen.atMs < sentMs)
    .filter(seen => !dominates(known, seen.vector))
    .filter(seen => claim.acks - losses.unnoticed(seen.sentMs) >= seen.acks)
    .filter(seen => losses.all(seen.sentMs) < seen.slots - seen.acks + 1)
    .filter(seen => !losses.areMost(seen.sentMs))
    .map(
      ({what}) => `${claim.host} answered ${describe(operation)} with less than ${what} had shown`,
    );
}
