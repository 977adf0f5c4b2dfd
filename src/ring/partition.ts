/**
 * From a name to its partition: FNV-1a over the bytes of bucket and key tokens, without the dots
 * between them, modulo the number of partitions. (Fowler, Noll, Vo: draft-eastlake-fnv, 32 bits.)
 *
 * Invariants:
 *   1. Equal to what `{{partition(Q, ...)}}` in a NATS subject mapping computes of the same tokens.
 *   2. The number of partitions is a prime or 1. Modulo a power of two only the low bits of each
 *      byte would count, and keys with a repeated id would leave half of the partitions empty.
 */
const OFFSET_BASIS = 0x811c9dc5;
const PRIME = 0x01000193;
const DOT = 0x2e;

/** Unsigned. */
export function fnv1a32(bytes: Uint8Array): number {
  let hash = OFFSET_BASIS;
  for (const byte of bytes) {
    hash = Math.imul(hash ^ byte, PRIME);
  }

  return hash >>> 0;
}

/** `name` is canonical, so a dot in it is always a separator. */
export function partitionOf(name: string, partitions: number): number {
  let hash = OFFSET_BASIS;
  for (let at = 0; at < name.length; at++) {
    const unit = name.charCodeAt(at);
    if (unit > 0x7f) {
      return fnv1a32(Buffer.from(name.replaceAll('.', ''))) % partitions;
    }

    if (unit !== DOT) {
      hash = Math.imul(hash ^ unit, PRIME);
    }
  }

  return (hash >>> 0) % partitions;
}

export function isPrime(value: number): boolean {
  if (!Number.isSafeInteger(value) || value < 2) {
    return false;
  }

  for (let divisor = 2; divisor * divisor <= value; divisor++) {
    if (value % divisor === 0) {
      return false;
    }
  }

  return true;
}
