/** Reads back what a vnode keeps on disk besides its objects: who it is, and its Merkle leaves. */
import {COPIES_BELOW, type Forest} from '../merkle/forest.js';
import {BRANCHES} from '../merkle/tree.js';
import {StorageFailure, type Entry, type Storage} from '../ports/storage.js';
import {decodeIdentity, type Identity} from './identity.js';
import {identityKey, pageRange, placeOfPageKey} from './layout.js';
import {damagedPage, type LeafJournal} from './leaf-journal.js';
import {loadPage, openPage, treeOf} from './leaf-records.js';
import {openRecord} from './record.js';
import {weighObjects} from './weigh.js';

export type Restored = {readonly identity: Identity | null};

/** The disk, and what of the leaves is not in its pages yet. */
export type Disk = {readonly storage: Storage; readonly leaves: LeafJournal};

/**
 * Fills `trees` and tells the identity; null when there is none, or none that can be read. Then the
 * trees are made anew from the objects.
 */
export function restoreVnode(
  disk: Disk,
  partition: number,
  trees: Forest,
  copiesOf: (name: string) => number,
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
    const ended = (failure: StorageFailure | null) => done(failure, {identity});
    if (identity === null) {
      weighObjects(disk.storage, partition, trees, copiesOf, ended);
    } else {
      restoreTrees(disk, partition, trees, ended);
    }
  });
}

function restoreTrees(
  disk: Disk,
  partition: number,
  trees: Forest,
  done: (failure: StorageFailure | null) => void,
): void {
  const limit = COPIES_BELOW * BRANCHES;
  // Before the disk is read: a page that is known now may be written, and be known no more, by the
  // time that the disk has answered with the old one.
  disk.leaves.fillIn(partition, trees, known => {
    disk.storage.scan({...pageRange(partition), limit}, (failure, entries) =>
      done(failure ?? loadPages(partition, trees, entries, known)),
    );
  });
}

/** `known` are the numbers of the pages that are not to be taken from the disk. */
function loadPages(
  partition: number,
  trees: Forest,
  entries: readonly Entry[],
  known: ReadonlySet<number>,
): StorageFailure | null {
  for (const entry of entries) {
    const page = openPage(entry);
    if (page === null) {
      return damagedPage();
    }

    const {copies, branch} = placeOfPageKey(entry.key);
    if (!known.has(treeOf(partition, copies) * BRANCHES + branch)) {
      loadPage(trees.tree(copies), branch, page);
    }
  }

  return null;
}
