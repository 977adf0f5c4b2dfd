/** Ids that clients give their writes, as they travel in an object. */
import {hash} from 'node:crypto';
import {ID_CHARACTERS_MAX} from './id-list.js';

/**
 * What stands for a Nats-Msg-Id inside objects: 72 bits of its SHA-256 as 12 characters of
 * base64url, whatever its length. That two of the few hundred ids which one key meets within a
 * retry window share it is less likely than that a disk lies twice, and to find another id for the
 * one somebody else has used takes 2^72 tries.
 */
export function hashMessageId(id: string): string {
  return hash('sha256', id, 'base64url').slice(0, ID_CHARACTERS_MAX);
}
