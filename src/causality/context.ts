/**
 * The context: what a reader has seen of one key, as an opaque token that a later write gives back.
 *
 *   base64url(msgpack([hlc, vector]) ++ MAC)
 *
 * Invariants:
 *   1. A token opens only for the cluster and the key it was sealed for, and only unaltered: a
 *      forged counter, or the context of another key, would silently supersede values that its
 *      writer never saw.
 *   2. A token has one spelling.
 */
import {hash, timingSafeEqual} from 'node:crypto';
import {flattenDots, parseVector} from '../wire/flat-dots.js';
import {pack, unpack} from '../wire/pack.js';
import type {VersionVector} from './version-vector.js';

export type ContextScope = {
  readonly clusterId: string;
  /** The cluster's secret. */
  readonly secret: Uint8Array;
  /** The canonical 'bucket.key'. */
  readonly name: string;
};

export type Context = {
  readonly vector: VersionVector;
  /** The greatest stamp among what the vector covers. */
  readonly hlc: number;
};

/** Longer tokens are not opened. Room for some ninety incarnations. */
export const CONTEXT_CHARACTERS_MAX = 4096;

const MAC_BYTES = 16;

export function sealContext(context: ContextScope & Context): string {
  const payload = pack([context.hlc, flattenDots(context.vector)]);
  return Buffer.concat([payload, macOf(payload, context)]).toString('base64url');
}

/**
 * null when the token was not issued for this key by this cluster, or was altered. Never throws.
 */
export function openContext(token: string, scope: ContextScope): Context | null {
  if (token.length > CONTEXT_CHARACTERS_MAX) {
    return null;
  }

  const bytes = Buffer.from(token, 'base64url');
  // The decoder skips what it does not know and ignores spare bits.
  if (bytes.length <= MAC_BYTES || bytes.toString('base64url') !== token) {
    return null;
  }

  const payload = bytes.subarray(0, -MAC_BYTES);
  if (!timingSafeEqual(bytes.subarray(-MAC_BYTES), macOf(payload, scope))) {
    return null;
  }

  return parsePayload(payload);
}

/** The MAC vouches for who wrote the payload, not for its version. */
function parsePayload(payload: Uint8Array): Context | null {
  const content = unpack(payload);
  if (!Array.isArray(content) || content.length !== 2) {
    return null;
  }

  const hlc: unknown = content[0];
  const vector = parseVector(content[1]);
  const isHlc = typeof hlc === 'number' && Number.isSafeInteger(hlc) && hlc >= 0;
  return vector !== null && isHlc ? {vector, hlc} : null;
}

/**
 * A secret before the message is a MAC only where the hash hides part of its state, or anybody
 * could extend a message: SHA-512/256 gives away half of it. The lengths keep (cluster, name,
 * payload) from being read in another way, and the first words keep these MACs apart from other
 * uses of the secret.
 */
function macOf(payload: Uint8Array, {clusterId, secret, name}: ContextScope): Uint8Array {
  const scope = `quorate context 1 ${clusterId.length}:${clusterId}${name.length}:${name}`;
  const message = Buffer.concat([secret, Buffer.from(scope), payload]);
  // As hexadecimal, since a digest as a Buffer costs three times as much.
  return Buffer.from(hash('sha512-256', message, 'hex').slice(0, 2 * MAC_BYTES), 'hex');
}
