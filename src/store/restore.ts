/** Reads back what a vnode keeps on disk besides its objects: who it is, and its Merkle leaves. */
import {LEAVES, type MerkleTree} from '../merkle/tree.js';
import {StorageFailure, type Entry, type Storage} from '../ports/storage.js';
import {decodeIdentity, type Identity} from './identity.js';
import {identityKey, leafOfKey, leafRange} from './layout.js';
import {openRecord} from './record.js';

export type Restored = {readonly identity: Identity | null};

/** Fills `tree` and tells the identity; null when there is none, or none that can be read. */
export function restoreVnode(
  storage: Storage,
  partition: number,
  tree: MerkleTree,
  done: (failure: StorageFailure | null, restored: Restored) => void,
): void {
  const key = identityKey(partition);
  storage.read([key], ([answer]) => {
    if (answer instanceof StorageFailure) {
      done(answer, {identity: null});
      return;
    }

    const content = answer === null || answer === undefined ? null : openRecord(key, answer);
    const identity = content === null ? null : decodeIdentity(content);
    restoreTree(storage, partition, tree, failure => done(failure, {identity}));
  });
}

function restoreTree(
  storage: Storage,
  partition: number,
  tree: MerkleTree,
  done: (failure: StorageFailure | null) => void,
): void {
  storage.scan({...leafRange(partition), limit: LEAVES}, (failure, entries) => {
    done(failure ?? loadLeaves(tree, entries));
  });
}

function loadLeaves(tree: MerkleTree, entries: readonly Entry[]): StorageFailure | null {
  try {
    for (const {key, value} of entries) {
      tree.load(leafOfKey(key), value);
    }

    return null;
  } catch (cause) {
    return new StorageFailure('CORRUPT', 'a Merkle leaf on disk is damaged', {cause});
  }
}
