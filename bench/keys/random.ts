/**
 * Cheap chance from a seed, so that every system meets the same keys in the same order. Generator:
 * sfc32 (C. Doty-Humphrey, PractRand).
 */
const WARM_UP = 16;

/** A source of fractions: 0 <= fraction < 1, of 32 bits. */
export type Fraction = () => number;

export function fractions(seed: number): Fraction {
  let a = seed | 0;
  let b = 0x9e3779b9 | 0;
  let c = 0x243f6a88 | 0;
  let counter = 1;
  const next = () => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + sum) | 0;
    return (sum >>> 0) / 2 ** 32;
  };
  for (let round = 0; round < WARM_UP; round++) {
    next();
  }

  return next;
}
