/**
 * Ranks by Zipf's law: rank r (from 0) comes up in proportion to 1 / (r + 1)^theta.
 *
 * Method: J. Gray et al., "Quickly Generating Billion-Record Synthetic Databases", SIGMOD 1994,
 * section 3.2, as YCSB uses it, with YCSB's theta of 0.99. Making one takes time linear in the
 * number of items; each draw takes constant time.
 */
import type {Fraction} from './random.js';

export const THETA = 0.99;

export function zipfian(items: number, fraction: Fraction, theta = THETA): () => number {
  const zetaOfTwo = zeta(2, theta);
  const zetaOfAll = zeta(items, theta);
  const alpha = 1 / (1 - theta);
  const eta = (1 - (2 / items) ** (1 - theta)) / (1 - zetaOfTwo / zetaOfAll);
  return () => {
    const u = fraction();
    const uz = u * zetaOfAll;
    if (uz < 1) {
      return 0;
    }

    if (uz < 1 + 0.5 ** theta) {
      return Math.min(1, items - 1);
    }

    return Math.min(items - 1, Math.floor(items * (eta * u - eta + 1) ** alpha));
  };
}

/** How often the first of so many items comes up is one in this. */
export function zeta(items: number, theta: number): number {
  let sum = 0;
  for (let rank = 1; rank <= items; rank++) {
    sum += 1 / rank ** theta;
  }

  return sum;
}
