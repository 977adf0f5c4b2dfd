/**
 * What owners of a partition ask each other to find where they differ: the bodies of `ask` and
 * `told` items (host-items.ts), each way as MessagePack or as plain bytes.
 *
 * Invariant: whatever the bytes are, decoding gives values in their ranges, or null.
 */
import {COPIES_BELOW} from '../merkle/forest.js';
import {OBJECT_HASH_VERSION, type Hash64} from '../merkle/object-hash.js';
import {BRANCHES, LEAVES} from '../merkle/tree.js';
import type {Element} from '../repair/sketch.js';
import {pack, unpack} from './pack.js';

export const QUESTION = {
  /** The roots of some trees, and how the asked vnode stands. */
  roots: 1,
  /** All branches of one tree. */
  branches: 2,
  /** All leaves of some branches. */
  leaves: 3,
  /** A sketch of each of some leaves. */
  sketches: 4,
  /** The elements of a leaf themselves, page by page. */
  list: 5,
  /** Objects of a leaf, to be sent as merges before the answer, page by page. */
  pull: 6,
  /** Tells that both were found, or made, equal. */
  equal: 7,
} as const;

export const HASH_BYTES = 8;
const ELEMENT_BYTES = 2 * HASH_BYTES;
/** A sketch of more takes what a list of a thousand keys does. */
export const CELLS_MAX = 768;
/** In one question; what the answer may take decides before this does. */
const LEAVES_MAX = 64;

export type Standing = {
  readonly isJoining: boolean;
  /** It joins, nothing lies on its disk, and nothing ever did. */
  readonly isVirgin: boolean;
  /** It began to serve in a virgin cluster, and held the asker for virgin then. */
  readonly hasFounded: boolean;
};
export type RootsTold = Standing & {readonly roots: readonly Hash64[]};
export type LeavesAsked = {readonly copies: number; readonly branches: readonly number[]};
export type SketchesAsked = {
  readonly copies: number;
  readonly cells: number;
  readonly leaves: readonly number[];
};
/** `after` is the name that the page before ended with, '' for the first. */
export type ListAsked = {readonly copies: number; readonly leaf: number; readonly after: string};
export type ListTold = PageEnd & {readonly elements: readonly Element[]};
/** No names ask for all. */
export type PullAsked = ListAsked & {readonly names: readonly Hash64[]};
/** How many objects were merged by the asker, how many not, and the bytes of all. */
export type PullTold = PageEnd & {
  readonly sent: number;
  readonly failed: number;
  readonly bytes: number;
};
type PageEnd = {readonly last: string; readonly isEnd: boolean};

export function encodeRootsAsked(copies: readonly number[]): Uint8Array {
  return pack([OBJECT_HASH_VERSION, copies]);
}

/** 'version' when the peer hashes objects in another way: then nothing can be compared. */
export function decodeRootsAsked(body: Uint8Array): number[] | 'version' | null {
  const [version, copies] = list(body);
  if (isCount(version) && version !== OBJECT_HASH_VERSION) {
    return 'version';
  }

  return areBelow(copies, COPIES_BELOW, COPIES_BELOW) ? copies : null;
}

export function encodeRootsTold({isJoining, isVirgin, hasFounded, roots}: RootsTold): Uint8Array {
  return pack([isJoining, isVirgin, hasFounded, packHashes(roots)]);
}

export function decodeRootsTold(body: Uint8Array, count: number): RootsTold | null {
  const [isJoining, isVirgin, hasFounded, bytes] = list(body);
  const roots = bytes instanceof Uint8Array ? unpackHashes(bytes, count) : null;
  const areFlags = [isJoining, isVirgin, hasFounded].every(flag => typeof flag === 'boolean');
  return roots !== null && areFlags
    ? {
        isJoining: isJoining === true,
        isVirgin: isVirgin === true,
        hasFounded: hasFounded === true,
        roots,
      }
    : null;
}

export function encodeCopies(copies: number): Uint8Array {
  return pack([copies]);
}

export function decodeCopies(body: Uint8Array): number | null {
  const [copies] = list(body);
  return isBelow(copies, COPIES_BELOW) ? copies : null;
}

export function encodeLeavesAsked({copies, branches}: LeavesAsked): Uint8Array {
  return pack([copies, branches]);
}

export function decodeLeavesAsked(body: Uint8Array): LeavesAsked | null {
  const [copies, branches] = list(body);
  return isBelow(copies, COPIES_BELOW) && areBelow(branches, BRANCHES, BRANCHES)
    ? {copies, branches}
    : null;
}

export function encodeSketchesAsked({copies, cells, leaves}: SketchesAsked): Uint8Array {
  return pack([copies, cells, leaves]);
}

export function decodeSketchesAsked(body: Uint8Array): SketchesAsked | null {
  const [copies, cells, leaves] = list(body);
  return isBelow(copies, COPIES_BELOW) &&
    isBelow(cells, CELLS_MAX + 1) &&
    cells >= 3 &&
    areBelow(leaves, LEAVES, LEAVES_MAX)
    ? {copies, cells, leaves}
    : null;
}

export function encodeListAsked({copies, leaf, after}: ListAsked): Uint8Array {
  return pack([copies, leaf, after]);
}

export function decodeListAsked(body: Uint8Array): ListAsked | null {
  return pageOf(list(body));
}

export function encodeListTold({elements, last, isEnd}: ListTold): Uint8Array {
  return pack([packHashes(elements.flatMap(({name, object}) => [name, object])), last, isEnd]);
}

export function decodeListTold(body: Uint8Array): ListTold | null {
  const [bytes, last, isEnd] = list(body);
  if (!(bytes instanceof Uint8Array) || typeof last !== 'string' || typeof isEnd !== 'boolean') {
    return null;
  }

  const hashes = unpackHashes(bytes, 2 * Math.floor(bytes.length / ELEMENT_BYTES));
  if (hashes === null) {
    return null;
  }

  const elements: Element[] = [];
  for (let at = 0; at < hashes.length; at += 2) {
    elements.push({name: hashes[at]!, object: hashes[at + 1]!});
  }

  return {elements, last, isEnd};
}

export function encodePullAsked({copies, leaf, after, names}: PullAsked): Uint8Array {
  return pack([copies, leaf, after, packHashes(names)]);
}

export function decodePullAsked(body: Uint8Array): PullAsked | null {
  const parts = list(body);
  const [, , , bytes] = parts;
  const page = pageOf(parts);
  const names =
    bytes instanceof Uint8Array ? unpackHashes(bytes, Math.floor(bytes.length / HASH_BYTES)) : null;
  return page === null || names === null ? null : {...page, names};
}

export function encodePullTold({sent, failed, bytes, last, isEnd}: PullTold): Uint8Array {
  return pack([sent, failed, bytes, last, isEnd]);
}

export function decodePullTold(body: Uint8Array): PullTold | null {
  const [sent, failed, bytes, last, isEnd] = list(body);
  return isCount(sent) &&
    isCount(failed) &&
    isCount(bytes) &&
    typeof last === 'string' &&
    typeof isEnd === 'boolean'
    ? {sent, failed, bytes, last, isEnd}
    : null;
}

export function packHashes(hashes: readonly Hash64[]): Uint8Array {
  const bytes = Buffer.allocUnsafe(hashes.length * HASH_BYTES);
  for (const [index, {hi, lo}] of hashes.entries()) {
    bytes.writeUInt32BE(hi, index * HASH_BYTES);
    bytes.writeUInt32BE(lo, index * HASH_BYTES + 4);
  }

  return bytes;
}

/** null unless the bytes are exactly `count` hashes. */
export function unpackHashes(bytes: Uint8Array, count: number): Hash64[] | null {
  if (bytes.length !== count * HASH_BYTES) {
    return null;
  }

  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Array.from({length: count}, (_, index) => ({
    hi: view.getUint32(index * HASH_BYTES),
    lo: view.getUint32(index * HASH_BYTES + 4),
  }));
}

function pageOf([copies, leaf, after]: readonly unknown[]): ListAsked | null {
  return isBelow(copies, COPIES_BELOW) && isBelow(leaf, LEAVES) && typeof after === 'string'
    ? {copies, leaf, after}
    : null;
}

function list(body: Uint8Array): readonly unknown[] {
  const value = unpack(body);
  return Array.isArray(value) ? (value as unknown[]) : [];
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isBelow(value: unknown, bound: number): value is number {
  return isCount(value) && value < bound;
}

function areBelow(value: unknown, bound: number, lengthMax: number): value is number[] {
  return (
    Array.isArray(value) && value.length <= lengthMax && value.every(one => isBelow(one, bound))
  );
}
