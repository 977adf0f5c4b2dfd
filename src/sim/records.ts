/** Reads what a host has written to a simulated disk, for those who look on from outside. */
import type {StoredObject} from '../causality/object.js';
import {MerkleTree} from '../merkle/tree.js';
import type {Entry} from '../ports/storage.js';
import {decodeHint} from '../store/hint-record.js';
import {hintKey, objectKey, placeOfKey} from '../store/layout.js';
import {
  eachChange,
  loadLeaf,
  loadPage,
  openChanges,
  openPage,
  sequenceOf,
} from '../store/leaf-records.js';
import {openRecord} from '../store/record.js';
import {decodeObject} from '../wire/object-codec.js';
import type {SimDisk} from './disk.js';

export type ObjectRecord = {
  readonly partition: number;
  readonly name: string;
  readonly object: StoredObject;
};

/** null for an entry that holds no object, or a damaged one: that counts as none. */
export function readObject({key, value}: Entry): ObjectRecord | null {
  const place = placeOfKey(key);
  if (place?.kind !== 'object') {
    return null;
  }

  return objectOf(place, key, value, content => content);
}

/** What an entry keeps in the place of owners; null for any other, or a damaged one. */
export function readHint({key, value}: Entry): ObjectRecord | null {
  const place = placeOfKey(key);
  if (place?.kind !== 'hint') {
    return null;
  }

  return objectOf(place, key, value, content => decodeHint(content)?.object ?? null);
}

function objectOf(
  {partition, name}: {readonly partition: number; readonly name: string},
  key: Uint8Array,
  value: Uint8Array,
  bytesOf: (content: Uint8Array) => Uint8Array | null,
): ObjectRecord | null {
  const content = openRecord(key, value);
  const bytes = content === null ? null : bytesOf(content);
  return bytes === null ? null : {partition, name, object: decodeObject(bytes)};
}

export function readObjects(entries: readonly Entry[]): ObjectRecord[] {
  return entries.map(readObject).filter(record => record !== null);
}

/** null when the disk has none that a power cut could not take. */
export function durableObject(disk: SimDisk, partition: number, name: string): StoredObject | null {
  const key = objectKey(partition, name);
  return objectIn({key, value: disk.durableGet(key)}, readObject);
}

/** The same of what is kept for the key's owners. */
export function durableHint(disk: SimDisk, partition: number, name: string): StoredObject | null {
  const key = hintKey(partition, name);
  return objectIn({key, value: disk.durableGet(key)}, readHint);
}

/** As the next read would find it, synced or not. */
export function writtenObject(disk: SimDisk, partition: number, name: string): StoredObject | null {
  const key = objectKey(partition, name);
  return objectIn({key, value: disk.get(key)}, readObject);
}

/** The same of what is kept for the key's owners. */
export function writtenHint(disk: SimDisk, partition: number, name: string): StoredObject | null {
  const key = hintKey(partition, name);
  return objectIn({key, value: disk.get(key)}, readHint);
}

function objectIn(
  {key, value}: {readonly key: Uint8Array; readonly value: Uint8Array | null},
  read: (entry: Entry) => ObjectRecord | null,
): StoredObject | null {
  return value === null ? null : (read({key, value})?.object ?? null);
}

/** The Merkle trees by partition. Throws for an entry that is damaged. */
export function readTrees(entries: readonly Entry[]): Map<number, MerkleTree> {
  const trees = new Map<number, MerkleTree>();
  const treeOf = (partition: number): MerkleTree => {
    const tree = trees.get(partition) ?? new MerkleTree();
    trees.set(partition, tree);
    return tree;
  };

  const records: Buffer[] = [];
  for (const entry of entries) {
    const place = placeOfKey(entry.key);
    if (place?.kind === 'page') {
      loadPage(treeOf(place.partition), place.branch, whole(openPage(entry)));
    } else if (place?.kind === 'journal') {
      records.push(whole(openChanges(entry)));
    }
  }

  for (const record of records.toSorted((a, b) => sequenceOf(a) - sequenceOf(b))) {
    eachChange(record, (partition, leaf, at) => loadLeaf(treeOf(partition), leaf, record, at));
  }

  return trees;
}

function whole(content: Buffer | null): Buffer {
  if (content === null) {
    throw new Error('a record of Merkle leaves is damaged');
  }

  return content;
}
