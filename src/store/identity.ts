/**
 * Who a vnode is to the rest of the cluster: its incarnation, and up to which counter it may stamp dots.
 *
 * Invariants:
 *   1. No dot above `leasedUpTo` leaves before a higher lease is durable, so no restart issues a dot twice (T1).
 *   2. A restart goes on above the old lease, never below it.
 */
import {Packr} from 'msgpackr';
import type {Random} from '../ports/random.js';

export type Identity = {readonly incarnation: string; readonly leasedUpTo: number};

/** Dots in one lease: large enough that a lease is written rarely, small enough to waste without regret. */
export const LEASE_DOTS = 10_000;
/** The next lease is asked for while this many dots are left. */
export const LEASE_LOW_DOTS = 2_000;

const FORMAT = 1;
const packr = new Packr({useRecords: false});

export function freshIdentity(random: Random): Identity {
  const incarnation = Buffer.from(random.bytes(16)).toString('base64url');
  return {incarnation, leasedUpTo: LEASE_DOTS};
}

export function extendLease({incarnation, leasedUpTo}: Identity): Identity {
  return {incarnation, leasedUpTo: leasedUpTo + LEASE_DOTS};
}

export function encodeIdentity({incarnation, leasedUpTo}: Identity): Uint8Array {
  return packr.pack([FORMAT, incarnation, leasedUpTo]);
}

/** null when the bytes are no identity: the vnode then takes a new one. */
export function decodeIdentity(bytes: Uint8Array): Identity | null {
  try {
    const [format, incarnation, leasedUpTo] = packr.unpack(bytes) as unknown[];
    const valid =
      format === FORMAT && typeof incarnation === 'string' && Number.isSafeInteger(leasedUpTo);
    return valid ? {incarnation, leasedUpTo: leasedUpTo as number} : null;
  } catch {
    return null;
  }
}
