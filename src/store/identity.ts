/**
 * Who a vnode is to the rest of the cluster: its incarnation, and up to which counter it may stamp
 * dots.
 *
 * Invariants:
 *   1. No dot above `leasedUpTo` leaves before a higher lease is durable, so no restart issues a
 *      dot twice (T1).
 *   2. A restart goes on above the old lease, never below it.
 *   3. Only a sealed identity may be continued: sealing is a vnode's last commit, behind all its
 *      others, and one that had forgotten or failed to keep anything it let out never gets to it.
 *      That the store was closed well does not say so: it closes well after a failed commit, too.
 *   4. `isProven` says that the vnode's copies have been proven equal with those of all other
 *      owners since its store was last empty or damaged. A vnode without a record is not proven.
 */
import type {Random} from '../ports/random.js';
import {pack, unpack} from '../wire/pack.js';

export type Identity = {
  readonly incarnation: string;
  readonly leasedUpTo: number;
  readonly isSealed: boolean;
  readonly isProven: boolean;
};

/**
 * Dots in one lease: large enough that a lease is written rarely, small enough to waste without
 * regret.
 */
export const LEASE_DOTS = 10_000;
/** The next lease is asked for while this many dots are left. */
export const LEASE_LOW_DOTS = 2_000;

const FORMAT = 3;

export function freshIdentity(random: Random, isProven: boolean): Identity {
  const incarnation = Buffer.from(random.bytes(16)).toString('base64url');
  return {incarnation, leasedUpTo: LEASE_DOTS, isSealed: false, isProven};
}

export function extendLease(identity: Identity): Identity {
  return {...identity, leasedUpTo: identity.leasedUpTo + LEASE_DOTS, isSealed: false};
}

export function prove(identity: Identity): Identity {
  return {...identity, isProven: true};
}

export function seal(identity: Identity): Identity {
  return {...identity, isSealed: true};
}

export function encodeIdentity(identity: Identity): Uint8Array {
  const {incarnation, leasedUpTo, isSealed, isProven} = identity;
  return pack([FORMAT, incarnation, leasedUpTo, isSealed, isProven]);
}

/** null when the bytes are no identity: the vnode then takes a new one. */
export function decodeIdentity(bytes: Uint8Array): Identity | null {
  const parts = unpack(bytes);
  if (!Array.isArray(parts)) {
    return null;
  }

  const [format, incarnation, leasedUpTo, isSealed, isProven] = parts as unknown[];
  const isValid =
    format === FORMAT &&
    typeof incarnation === 'string' &&
    Number.isSafeInteger(leasedUpTo) &&
    typeof isSealed === 'boolean' &&
    typeof isProven === 'boolean';
  return isValid ? {incarnation, leasedUpTo: leasedUpTo as number, isSealed, isProven} : null;
}
