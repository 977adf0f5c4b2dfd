/**
 * Weighs all objects of a partition anew, for a vnode that has no identity on disk: its store is
 * empty, or was salvaged, and then no Merkle leaf on it may be trusted. What was weighed becomes
 * durable with the vnode's new identity, in one batch.
 */
import {nameHash} from '../merkle/object-hash.js';
import {leafOf, BRANCHES} from '../merkle/tree.js';
import type {Content} from './group-commit.js';
import type {Forest} from '../merkle/forest.js';
import {StorageFailure, type Entry, type Storage} from '../ports/storage.js';
import {holdBytes} from './held.js';
import {nameOfObjectKey, objectRange, pageKey} from './layout.js';
import {encodePage} from './leaf-records.js';
import {openRecord} from './record.js';

/** Objects may be large: so many lie in memory at once. */
const CHUNK = 64;

export function weighObjects(
  storage: Storage,
  partition: number,
  trees: Forest,
  copiesOf: (name: string) => number,
  done: (failure: StorageFailure | null) => void,
): void {
  const {from, to} = objectRange(partition);
  const scan = (first: Uint8Array): void => {
    storage.scan({from: first, to, limit: CHUNK}, (failure, entries) => {
      const problem = failure ?? weighAll(entries, trees, copiesOf);
      const last = entries.at(-1);
      if (problem !== null || last === undefined || entries.length < CHUNK) {
        done(problem);
      } else {
        scan(Buffer.concat([last.key, Buffer.of(0)]));
      }
    });
  };
  scan(from);
}

/** The pages that tell of these trees. */
export function pagesOf(partition: number, trees: Forest): Content[] {
  return trees.copies.flatMap(copies =>
    Array.from({length: BRANCHES}, (_, branch) => ({
      key: pageKey(partition, copies, branch),
      content: encodePage(trees.tree(copies), branch),
    })),
  );
}

function weighAll(
  entries: readonly Entry[],
  trees: Forest,
  copiesOf: (name: string) => number,
): StorageFailure | null {
  for (const {key, value} of entries) {
    const name = nameOfObjectKey(key);
    const content = openRecord(key, value);
    if (content === null) {
      return new StorageFailure('CORRUPT', `the record of ${name} does not match its checksum`);
    }

    try {
      const {weight} = holdBytes(name, content);
      trees.tree(copiesOf(name)).update(leafOf(nameHash(name)), null, weight);
    } catch (error) {
      const text = `the record of ${name} cannot be decoded`;
      return new StorageFailure('CORRUPT', text, {cause: error});
    }
  }

  return null;
}
