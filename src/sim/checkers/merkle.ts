/**
 * Each Merkle leaf on disk is the XOR of the hashes of the objects that lie under it on the same
 * disk, of those buckets that have so many copies. Marked objects weigh nothing.
 */
import {nameHash, objectHash} from '../../merkle/object-hash.js';
import {leafOf, LEAVES, MerkleTree} from '../../merkle/tree.js';
import {treeOf} from '../../store/leaf-records.js';
import type {ObjectRecord} from '../records.js';

export function checkMerkle(
  host: string,
  objects: readonly ObjectRecord[],
  /** By `treeOf` partition and copies. */
  stored: ReadonlyMap<number, MerkleTree>,
  copiesOf: (name: string) => number,
): string[] {
  const trees = new Map<number, MerkleTree>();
  for (const {partition, name, object, isMarked} of objects) {
    const id = treeOf(partition, copiesOf(name));
    const tree = trees.get(id) ?? new MerkleTree();
    trees.set(id, tree);
    tree.update(leafOf(nameHash(name)), null, isMarked ? null : objectHash(name, object));
  }

  const problems: string[] = [];
  for (const id of new Set([...trees.keys(), ...stored.keys()])) {
    const expected = trees.get(id) ?? new MerkleTree();
    const found = stored.get(id) ?? new MerkleTree();
    for (let leaf = 0; leaf < LEAVES; leaf += 1) {
      const {hi, lo} = found.leafHash(leaf);
      const {hi: expectedHi, lo: expectedLo} = expected.leafHash(leaf);
      if (hi !== expectedHi || lo !== expectedLo) {
        problems.push(`${host}: leaf ${id}/${leaf} on disk is not the XOR of the objects under it`);
      }
    }
  }

  return problems;
}
