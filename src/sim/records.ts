/** Reads what a host has written to a simulated disk, for those who look on from outside. */
import type {StoredObject} from '../causality/object.js';
import type {Entry} from '../ports/storage.js';
import {objectKey, placeOfKey} from '../store/layout.js';
import {openRecord} from '../store/record.js';
import {decodeObject} from '../wire/object-codec.js';
import type {SimDisk} from './disk.js';

export type ObjectRecord = {
  readonly partition: number;
  readonly name: string;
  readonly object: StoredObject;
};

/** null for an entry that holds no object. Throws for one that is damaged. */
export function readObject({key, value}: Entry): ObjectRecord | null {
  const place = placeOfKey(key);
  if (place === null || !('name' in place)) {
    return null;
  }

  const content = openRecord(key, value);
  if (content === null) {
    throw new Error(`the record of ${place.name} is damaged`);
  }

  return {...place, object: decodeObject(content)};
}

export function readObjects(entries: readonly Entry[]): ObjectRecord[] {
  return entries.map(readObject).filter(record => record !== null);
}

/** null when the disk has none that a power cut could not take. */
export function durableObject(disk: SimDisk, partition: number, name: string): StoredObject | null {
  const key = objectKey(partition, name);
  const value = disk.durableGet(key);
  return value === null ? null : (readObject({key, value})?.object ?? null);
}

/** Merkle leaves by `<partition>/<leaf>`. */
export function readLeaves(entries: readonly Entry[]): Map<string, Uint8Array> {
  const leaves = new Map<string, Uint8Array>();
  for (const {key, value} of entries) {
    const place = placeOfKey(key);
    if (place !== null && 'leaf' in place) {
      leaves.set(`${place.partition}/${place.leaf}`, value);
    }
  }

  return leaves;
}
