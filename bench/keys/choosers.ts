/**
 * Which record an operation is about, as YCSB's request distributions choose it.
 *
 *   uniform   every record alike
 *   zipfian   few records often; hashed, so that the popular ones lie anywhere in the key space
 *   latest    the newest records often
 */
import type {Fraction} from './random.js';
import {zipfian} from './zipfian.js';

export const DISTRIBUTIONS = ['uniform', 'zipfian', 'latest'] as const;
export type Distribution = (typeof DISTRIBUTIONS)[number];

/** `records` is how many there are by now. */
export type Chooser = (records: number) => number;

/** `initial` is how many records there are at the beginning. */
export function chooser(kind: Distribution, initial: number, fraction: Fraction): Chooser {
  if (kind === 'uniform') {
    return records => Math.floor(fraction() * records);
  }

  const rank = zipfian(initial, fraction);
  return kind === 'zipfian'
    ? records => fnv1a(rank()) % records
    : records => Math.max(0, records - 1 - rank());
}

/** FNV-1a, 32 bits, over the four bytes of a number: what scatters ranks over records. */
export function fnv1a(number: number): number {
  let hash = 0x811c9dc5;
  for (let shift = 0; shift < 32; shift += 8) {
    hash = Math.imul(hash ^ ((number >>> shift) & 0xff), 0x01000193);
  }

  return hash >>> 0;
}
