/**
 * How Merkle leaves lie on disk, each record sealed (record.ts).
 *
 *   a page      the leaves of one branch, 8 bytes each, in their order
 *   changes     sequence (6 bytes), then for each change: partition (2), copies << 10 | leaf (2),
 *               the leaf (8)
 *
 * All numbers are big-endian.
 */
import {COPIES_BELOW} from '../merkle/forest.js';
import {BRANCHES, LEAF_BYTES, LEAVES, LEAVES_PER_BRANCH} from '../merkle/tree.js';
import type {MerkleTree} from '../merkle/tree.js';
import type {Entry} from '../ports/storage.js';
import {openRecord} from './record.js';

const PAGE_BYTES = LEAVES_PER_BRANCH * LEAF_BYTES;
const SEQUENCE_BYTES = 6;
const PLACE_BYTES = 4;
const CHANGE_BYTES = PLACE_BYTES + LEAF_BYTES;

/** A leaf to be read from `tree` when its commit begins. */
export type LeafWrite = {
  readonly partition: number;
  /** Which of the vnode's trees it is (merkle/forest.ts). */
  readonly copies: number;
  readonly leaf: number;
  readonly tree: MerkleTree;
};

/** Tells of one change where in the record the leaf lies. */
export type EachChange = (place: LeafPlace, at: number) => void;

export type LeafPlace = Omit<LeafWrite, 'tree'>;

export function encodePage(tree: MerkleTree, branch: number): Buffer {
  const page = Buffer.allocUnsafe(PAGE_BYTES);
  for (let i = 0; i < LEAVES_PER_BRANCH; i += 1) {
    tree.writeLeaf(branch * LEAVES_PER_BRANCH + i, page, i * LEAF_BYTES);
  }

  return page;
}

export function loadPage(tree: MerkleTree, branch: number, page: Buffer): void {
  for (let i = 0; i < LEAVES_PER_BRANCH; i += 1) {
    loadLeaf(tree, branch * LEAVES_PER_BRANCH + i, page, i * LEAF_BYTES);
  }
}

export function copyPage(from: MerkleTree, to: MerkleTree, branch: number): void {
  loadPage(to, branch, encodePage(from, branch));
}

/** Takes the leaf that lies in `bytes` at `at`. */
export function loadLeaf(tree: MerkleTree, leaf: number, bytes: Buffer, at: number): void {
  tree.load(leaf, bytes.subarray(at, at + LEAF_BYTES));
}

/** null when the entry is damaged. */
export function openPage({key, value}: Entry): Buffer | null {
  const page = openRecord(key, value);
  return page?.length === PAGE_BYTES ? asBuffer(page) : null;
}

export function encodeChanges(sequence: number, writes: ReadonlyMap<string, LeafWrite>): Buffer {
  const changes = Buffer.allocUnsafe(SEQUENCE_BYTES + writes.size * CHANGE_BYTES);
  let at = changes.writeUIntBE(sequence, 0, SEQUENCE_BYTES);
  for (const {partition, copies, leaf, tree} of writes.values()) {
    changes.writeUInt16BE(partition, at);
    changes.writeUInt16BE(copies * LEAVES + leaf, at + 2);
    tree.writeLeaf(leaf, changes, at + PLACE_BYTES);
    at += CHANGE_BYTES;
  }

  return changes;
}

/** null when the entry is damaged. */
export function openChanges({key, value}: Entry): Buffer | null {
  const content = openRecord(key, value);
  if (content === null || content.length % CHANGE_BYTES !== SEQUENCE_BYTES) {
    return null;
  }

  return asBuffer(content);
}

export function sequenceOf(changes: Buffer): number {
  return changes.readUIntBE(0, SEQUENCE_BYTES);
}

export function eachChange(changes: Buffer, tell: EachChange): void {
  for (let at = SEQUENCE_BYTES; at < changes.length; at += CHANGE_BYTES) {
    const partition = changes.readUInt16BE(at);
    const which = changes.readUInt16BE(at + 2);
    const copies = Math.floor(which / LEAVES) % COPIES_BELOW;
    tell({partition, copies, leaf: which % LEAVES}, at + PLACE_BYTES);
  }
}

/** Numbers the trees of a host. */
export function treeOf(partition: number, copies: number): number {
  return partition * COPIES_BELOW + copies;
}

/** Numbers the pages of a host. */
export function pageOf({partition, copies, leaf}: LeafPlace): number {
  return treeOf(partition, copies) * BRANCHES + Math.floor(leaf / LEAVES_PER_BRANCH);
}

export function placeOfPage(page: number): {partition: number; copies: number; branch: number} {
  const tree = Math.floor(page / BRANCHES);
  const partition = Math.floor(tree / COPIES_BELOW);
  return {partition, copies: tree % COPIES_BELOW, branch: page % BRANCHES};
}

function asBuffer({buffer, byteOffset, length}: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, length);
}
