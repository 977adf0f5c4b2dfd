/**
 * What of a damaged store goes into the new one.
 *
 * Invariants:
 *   1. A record goes there only when its checksum is right; an object also only when it can be
 *      decoded.
 *   2. Identities do not: nothing says that a vnode's copy still covers every dot that it let out,
 *      so each takes a new incarnation (T1, T42).
 *   3. Merkle pages do not, nor their journal: they may tell of objects that are lost. They are
 *      made anew from the objects that are kept.
 *   4. Records of a kind that is not known here do: whoever wrote them knows what they are.
 */
import {BRANCHES, LEAVES, MerkleTree} from '../merkle/tree.js';
import type {Entry, Salvager, WriteOperation} from '../ports/storage.js';
import {holdBytes} from './held.js';
import {pageKey, placeOfKey} from './layout.js';
import {encodePage} from './leaf-records.js';
import {openRecord, sealRecord} from './record.js';

type ObjectPlace = {readonly partition: number; readonly leaf: number; readonly name: string};

export class StoreSalvager implements Salvager {
  readonly #trees = new Map<number, MerkleTree>();

  constructor(readonly progress: (records: number, bytes: number) => void) {}

  isWhole(key: Uint8Array, value: Uint8Array): boolean {
    return openRecord(key, value) !== null;
  }

  keep(entry: Entry): boolean {
    const place = placeOfKey(entry.key);
    switch (place?.kind) {
      case 'object':
        return this.#weigh(entry, place);
      case 'identity':
      case 'page':
      case 'journal':
        return false;
      default:
        return true;
    }
  }

  /** The Merkle pages of all partitions that have objects. */
  finish(): WriteOperation[] {
    const operations: WriteOperation[] = [];
    for (const [partition, tree] of this.#trees) {
      for (let branch = 0; branch < BRANCHES; branch += 1) {
        const key = pageKey(partition, branch);
        operations.push({key, value: sealRecord(key, encodePage(tree, branch))});
      }
    }

    return operations;
  }

  /** False for an object that cannot be decoded. */
  #weigh({key, value}: Entry, {partition, leaf, name}: ObjectPlace): boolean {
    const content = openRecord(key, value);
    if (content === null || leaf >= LEAVES) {
      return false;
    }

    try {
      const {hash} = holdBytes(name, content);
      const tree = this.#trees.get(partition) ?? new MerkleTree();
      this.#trees.set(partition, tree);
      tree.update(leaf, null, hash);
      return true;
    } catch {
      return false;
    }
  }
}
