/**
 * The context: what a reader has seen of one key, as an opaque token that a later write gives back.
 *
 *   base64url(hlc vector ++ MAC)          the parts are those of bytes.ts and dot-codec.ts
 *
 * Invariants:
 *   1. A token opens only for the cluster and the key it was sealed for, and only unaltered: a
 *      forged counter, or the context of another key, would silently supersede values that its
 *      writer never saw.
 *   2. A token has one spelling.
 */
import {hash, timingSafeEqual} from 'node:crypto';
import {ByteReader, ByteWriter} from '../wire/bytes.js';
import {readVector, writeVector} from '../wire/dot-codec.js';
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

/** What the MAC covers, and in it the payload: nothing else is copied or allocated for a token. */
const writer = new ByteWriter();

export function sealContext({vector, hlc}: Context, scope: ContextScope): string {
  const from = writeScope(scope);
  writer.integer(hlc);
  writeVector(writer, vector);
  writer.characters(macOfWritten(), 'latin1');
  return writer.written.toString('base64url', from);
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
  writeScope(scope);
  writer.raw(payload);
  const mac = Buffer.from(macOfWritten(), 'latin1');
  return timingSafeEqual(bytes.subarray(-MAC_BYTES), mac) ? readPayload(payload) : null;
}

/** The MAC vouches for who wrote the payload, not for its version. */
function readPayload(payload: Uint8Array): Context | null {
  try {
    const reader = new ByteReader(payload);
    const hlc = reader.integer();
    const vector = readVector(reader);
    reader.end();
    return {vector, hlc};
  } catch {
    return null;
  }
}

/**
 * What comes before the payload; says where that begins. The lengths keep (cluster, name, payload)
 * from being read in another way, and the first words keep these MACs apart from other uses of the
 * secret.
 */
function writeScope({clusterId, secret, name}: ContextScope): number {
  writer.clear();
  writer.raw(secret);
  const scope = `quorate context 2 ${clusterId.length}:${clusterId}${name.length}:${name}`;
  writer.characters(scope, 'utf8');
  return writer.written.length;
}

/**
 * A secret before the message is a MAC only where the hash hides part of its state, or anybody
 * could extend a message: half of a SHA-256 gives away 128 bits of 256. One byte a character, since
 * a digest as a Buffer costs three times as much.
 */
function macOfWritten(): string {
  return hash('sha256', writer.written, 'binary').slice(0, MAC_BYTES);
}
