/** Reads back what a vnode keeps on disk besides its objects: who it is, and its Merkle leaves. */
import {BRANCHES, type MerkleTree} from '../merkle/tree.js';
import {StorageFailure, type Entry, type Storage} from '../ports/storage.js';
import {decodeIdentity, type Identity} from './identity.js';
import {branchOfKey, identityKey, pageRange} from './layout.js';
import {damagedPage, type LeafJournal} from './leaf-journal.js';
import {loadPage, openPage} from './leaf-records.js';
import {openRecord} from './record.js';

export type Restored = {readonly identity: Identity | null};

/** The disk, and what of the leaves is not in its pages yet. */
export type Disk = {readonly storage: Storage; readonly leaves: LeafJournal};

/** Fills `tree` and tells the identity; null when there is none, or none that can be read. */
export function restoreVnode(
  disk: Disk,
  partition: number,
  tree: MerkleTree,
  done: (failure: StorageFailure | null, restored: Restored) => void,
): void {
  const key = identityKey(partition);
  disk.storage.read([key], ([answer]) => {
    if (answer instanceof StorageFailure) {
      done(answer, {identity: null});
      return;
    }

    const content = answer === null || answer === undefined ? null : openRecord(key, answer);
    const identity = content === null ? null : decodeIdentity(content);
    restoreTree(disk, partition, tree, failure => done(failure, {identity}));
  });
}

function restoreTree(
  disk: Disk,
  partition: number,
  tree: MerkleTree,
  done: (failure: StorageFailure | null) => void,
): void {
  // Before the disk is read: a page that is known now may be written, and be known no more, by the
  // time that the disk has answered with the old one.
  disk.leaves.fillIn(partition, tree, known => {
    disk.storage.scan({...pageRange(partition), limit: BRANCHES}, (failure, entries) =>
      done(failure ?? loadPages(tree, entries, known)),
    );
  });
}

function loadPages(
  tree: MerkleTree,
  entries: readonly Entry[],
  known: ReadonlySet<number>,
): StorageFailure | null {
  for (const entry of entries) {
    const branch = branchOfKey(entry.key);
    const page = openPage(entry);
    if (page === null) {
      return damagedPage();
    }

    if (!known.has(branch)) {
      loadPage(tree, branch, page);
    }
  }

  return null;
}
