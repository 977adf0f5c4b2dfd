/**
 * Where things lie in a host's one database: a kind byte, then the partition, so that a vnode's
 * shard is a contiguous range of each kind and a commit over several kinds and partitions is still
 * one batch.
 *
 *   o <partition> <name>    an object          l <partition> <leaf>    a Merkle leaf
 *   i <partition>           a vnode's identity and lease               t    the topology document
 */
const KIND = {object: 0x6f, leaf: 0x6c, identity: 0x69, topology: 0x74} as const;

export function objectKey(partition: number, name: string): Uint8Array {
  const key = Buffer.allocUnsafe(3 + Buffer.byteLength(name));
  prefix(key, KIND.object, partition);
  key.write(name, 3);
  return key;
}

export function leafKey(partition: number, leaf: number): Uint8Array {
  const key = Buffer.allocUnsafe(5);
  prefix(key, KIND.leaf, partition);
  key.writeUInt16BE(leaf, 3);
  return key;
}

/** The range that holds all leaves of a partition. */
export function leafRange(partition: number): {from: Uint8Array; to: Uint8Array} {
  const from = Buffer.allocUnsafe(3);
  prefix(from, KIND.leaf, partition);
  const to = Buffer.allocUnsafe(3);
  prefix(to, KIND.leaf, partition + 1);
  return {from, to};
}

export function leafOfKey(key: Uint8Array): number {
  return ((key[3] ?? 0) << 8) | (key[4] ?? 0);
}

export function identityKey(partition: number): Uint8Array {
  const key = Buffer.allocUnsafe(3);
  prefix(key, KIND.identity, partition);
  return key;
}

export function topologyKey(): Uint8Array {
  return Buffer.of(KIND.topology);
}

/**
 * What lies under a key: for checkers and people. null for what is neither an object nor a leaf.
 */
export function placeOfKey(
  key: Uint8Array,
): {partition: number; name: string} | {partition: number; leaf: number} | null {
  const partition = ((key[1] ?? 0) << 8) | (key[2] ?? 0);
  switch (key[0]) {
    case KIND.object:
      return {partition, name: Buffer.from(key.subarray(3)).toString()};
    case KIND.leaf:
      return {partition, leaf: leafOfKey(key)};
    default:
      return null;
  }
}

function prefix(key: Buffer, kind: number, partition: number): void {
  key[0] = kind;
  key.writeUInt16BE(partition, 1);
}
