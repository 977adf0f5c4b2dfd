/**
 * Each Merkle leaf on disk is the XOR of the hashes of the objects that lie under it on the same
 * disk.
 */
import {nameHash, objectHash} from '../../merkle/object-hash.js';
import {leafOf, LEAVES, MerkleTree} from '../../merkle/tree.js';
import type {ObjectRecord} from '../records.js';

export function checkMerkle(
  host: string,
  objects: readonly ObjectRecord[],
  /** By partition. */
  stored: ReadonlyMap<number, MerkleTree>,
): string[] {
  const trees = new Map<number, MerkleTree>();
  for (const {partition, name, object} of objects) {
    const tree = trees.get(partition) ?? new MerkleTree();
    trees.set(partition, tree);
    tree.update(leafOf(nameHash(name)), null, objectHash(name, object));
  }

  const problems: string[] = [];
  for (const partition of new Set([...trees.keys(), ...stored.keys()])) {
    const expected = trees.get(partition) ?? new MerkleTree();
    const found = stored.get(partition) ?? new MerkleTree();
    for (let leaf = 0; leaf < LEAVES; leaf += 1) {
      const {hi, lo} = found.leafHash(leaf);
      const {hi: expectedHi, lo: expectedLo} = expected.leafHash(leaf);
      if (hi !== expectedHi || lo !== expectedLo) {
        problems.push(
          `${host}: leaf ${partition}/${leaf} on disk is not the XOR of the objects under it`,
        );
      }
    }
  }

  return problems;
}
