/**
 * Each Merkle leaf on disk is the XOR of the hashes of the objects that lie under it on the same
 * disk.
 */
import {nameHash, objectHash} from '../../merkle/object-hash.js';
import {leafOf, LEAF_BYTES, MerkleTree} from '../../merkle/tree.js';
import type {ObjectRecord} from '../records.js';

export function checkMerkle(
  host: string,
  objects: readonly ObjectRecord[],
  /** By `<partition>/<leaf>`. */
  stored: ReadonlyMap<string, Uint8Array>,
): string[] {
  const trees = new Map<number, MerkleTree>();
  const touched = new Set(stored.keys());
  for (const {partition, name, object} of objects) {
    const tree = trees.get(partition) ?? new MerkleTree();
    trees.set(partition, tree);
    const leaf = leafOf(nameHash(name));
    tree.update(leaf, null, objectHash(name, object));
    touched.add(`${partition}/${leaf}`);
  }

  return [...touched].flatMap(place => {
    const [partition = 0, leaf = 0] = place.split('/').map(Number);
    const expected = trees.get(partition)?.leaf(leaf) ?? new Uint8Array(LEAF_BYTES);
    const found = stored.get(place) ?? new Uint8Array(LEAF_BYTES);
    return Buffer.compare(expected, found) === 0
      ? []
      : [`${host}: leaf ${place} on disk is not the XOR of the objects under it`];
  });
}
