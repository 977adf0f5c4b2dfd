/**
 * Where things lie in a host's one database: a kind byte, then the partition, so that a vnode's
 * shard is a contiguous range of each kind and a commit over several kinds and partitions is still
 * one batch.
 *
 *   o <partition> <leaf> <name>   an object, beside all others that its Merkle leaf weighs
 *   l <partition> <branch>        a page of Merkle leaves
 *   j <slot>                      changes of Merkle leaves
 *   i <partition>                 a vnode's identity and lease
 *   h <partition> <name>          a hint: an object kept for owners that could not take it
 *   t                             the topology document
 */
import {nameHash} from '../merkle/object-hash.js';
import {leafOf} from '../merkle/tree.js';

const KIND = {
  object: 0x6f,
  page: 0x6c,
  journal: 0x6a,
  identity: 0x69,
  hint: 0x68,
  topology: 0x74,
} as const;

/** Bytes of an object's key before its name. */
const OBJECT_HEAD_BYTES = 5;
/** The same of a hint's. */
const HINT_HEAD_BYTES = 3;

/** `leaf` is that of `name`; whoever knows it saves its computation. */
export function objectKey(
  partition: number,
  name: string,
  leaf: number = leafOf(nameHash(name)),
): Uint8Array {
  const key = Buffer.allocUnsafe(OBJECT_HEAD_BYTES + Buffer.byteLength(name));
  prefix(key, KIND.object, partition);
  key.writeUInt16BE(leaf, 3);
  key.write(name, OBJECT_HEAD_BYTES);
  return key;
}

/** The range that holds all objects of a leaf. */
export function leafRange(partition: number, leaf: number): {from: Uint8Array; to: Uint8Array} {
  const from = Buffer.allocUnsafe(OBJECT_HEAD_BYTES);
  prefix(from, KIND.object, partition);
  from.writeUInt16BE(leaf, 3);
  const to = Buffer.allocUnsafe(OBJECT_HEAD_BYTES);
  prefix(to, KIND.object, partition);
  to.writeUInt16BE(leaf + 1, 3);
  return {from, to};
}

function leafOfObjectKey(key: Uint8Array): number {
  return ((key[3] ?? 0) << 8) | (key[4] ?? 0);
}

export function nameOfObjectKey(key: Uint8Array): string {
  return Buffer.from(key.buffer, key.byteOffset, key.length).toString('utf8', OBJECT_HEAD_BYTES);
}

export function pageKey(partition: number, branch: number): Uint8Array {
  const key = Buffer.allocUnsafe(4);
  prefix(key, KIND.page, partition);
  key[3] = branch;
  return key;
}

/** The range that holds all pages of a partition. */
export function pageRange(partition: number): {from: Uint8Array; to: Uint8Array} {
  const from = Buffer.allocUnsafe(3);
  prefix(from, KIND.page, partition);
  const to = Buffer.allocUnsafe(3);
  prefix(to, KIND.page, partition + 1);
  return {from, to};
}

export function branchOfKey(key: Uint8Array): number {
  return key[3] ?? 0;
}

export function journalKey(slot: number): Uint8Array {
  const key = Buffer.allocUnsafe(3);
  prefix(key, KIND.journal, slot);
  return key;
}

/** The range that holds all slots. */
export function journalRange(): {from: Uint8Array; to: Uint8Array} {
  return {from: Buffer.of(KIND.journal), to: Buffer.of(KIND.journal + 1)};
}

export function identityKey(partition: number): Uint8Array {
  const key = Buffer.allocUnsafe(3);
  prefix(key, KIND.identity, partition);
  return key;
}

export function hintKey(partition: number, name: string): Uint8Array {
  const key = Buffer.allocUnsafe(HINT_HEAD_BYTES + Buffer.byteLength(name));
  prefix(key, KIND.hint, partition);
  key.write(name, HINT_HEAD_BYTES);
  return key;
}

/** The range that holds all hints. */
export function hintRange(): {from: Uint8Array; to: Uint8Array} {
  return {from: Buffer.of(KIND.hint), to: Buffer.of(KIND.hint + 1)};
}

export function topologyKey(): Uint8Array {
  return Buffer.of(KIND.topology);
}

type Place =
  | {
      readonly kind: 'object';
      readonly partition: number;
      readonly leaf: number;
      readonly name: string;
    }
  | {readonly kind: 'hint'; readonly partition: number; readonly name: string}
  | {readonly kind: 'page'; readonly partition: number; readonly branch: number}
  | {readonly kind: 'journal'}
  | {readonly kind: 'identity'; readonly partition: number};

/** What lies under a key: for checkers and people. null for anything else. */
export function placeOfKey(key: Uint8Array): Place | null {
  const partition = ((key[1] ?? 0) << 8) | (key[2] ?? 0);
  switch (key[0]) {
    case KIND.object:
      return {kind: 'object', partition, leaf: leafOfObjectKey(key), name: nameOfObjectKey(key)};
    case KIND.hint:
      return {kind: 'hint', partition, name: nameOfHintKey(key)};
    case KIND.page:
      return {kind: 'page', partition, branch: branchOfKey(key)};
    case KIND.journal:
      return {kind: 'journal'};
    case KIND.identity:
      return {kind: 'identity', partition};
    default:
      return null;
  }
}

function nameOfHintKey(key: Uint8Array): string {
  return Buffer.from(key.buffer, key.byteOffset, key.length).toString('utf8', HINT_HEAD_BYTES);
}

function prefix(key: Buffer, kind: number, partition: number): void {
  key[0] = kind;
  key.writeUInt16BE(partition, 1);
}
