/** Ids that clients give their writes, as they travel in an object. */
import {hash} from 'node:crypto';

const CHARACTERS = 16;

/**
 * What stands for a Nats-Msg-Id inside objects: 96 bits of its SHA-256 as 16 characters of
 * base64url, whatever its length. No two ids that one key meets within a retry window will ever
 * share it.
 */
export function hashMessageId(id: string): string {
  return hash('sha256', id, 'base64url').slice(0, CHARACTERS);
}
