/**
 * Phi-accrual failure detection (Hayashibara, Defago, Yared, Katayama, "The phi accrual failure
 * detector", 2004): how unlikely a silence is, judged by the intervals at which signs of life came
 * so far. A phi of 1 is a silence that one interval in ten exceeds, 2 one in a hundred, and so on.
 *
 * Intervals are taken for normally distributed (section 5.2 there).
 *
 * Invariants:
 *   1. Phi never shrinks while the silence grows, and is finite.
 *   2. After the same intervals in a coarser rhythm, the same silence is less suspicious.
 *   3. At most `INTERVALS_MAX` intervals are remembered, the youngest.
 */
const INTERVALS_MAX = 64;

export class PhiAccrual {
  #intervalsMs: number[];
  #next = 0;

  /** Until intervals are known, signs of life are expected every `expectedMs` or so. */
  constructor(
    expectedMs: number,
    /** However regular they were, they are not trusted to stray less than this. */
    private readonly deviationMsMin: number,
  ) {
    this.#intervalsMs = [0.8 * expectedMs, 1.2 * expectedMs];
  }

  record(intervalMs: number): void {
    if (this.#intervalsMs.length < INTERVALS_MAX) {
      this.#intervalsMs.push(intervalMs);
    } else {
      this.#intervalsMs[this.#next] = intervalMs;
      this.#next = (this.#next + 1) % INTERVALS_MAX;
    }
  }

  phi(silenceMs: number): number {
    const count = this.#intervalsMs.length;
    const mean = this.#intervalsMs.reduce((sum, one) => sum + one, 0) / count;
    const variance = this.#intervalsMs.reduce((sum, one) => sum + (one - mean) ** 2, 0) / count;
    const deviation = Math.max(this.deviationMsMin, Math.sqrt(variance));
    return -logOfUpperTail((silenceMs - mean) / deviation) / Math.LN10;
  }
}

const LN_SQRT_2PI = Math.log(2 * Math.PI) / 2;
/** From here on the fraction converges faster than the series. */
const TAIL_FROM = 2;
const TERMS = 60;

/** The natural logarithm of the chance that a standard normal variable exceeds `z`. */
export function logOfUpperTail(z: number): number {
  const logDensity = -(z * z) / 2 - LN_SQRT_2PI;
  if (z > TAIL_FROM) {
    // Laplace's continued fraction of the tail, from its far end: 1 / (z + 1 / (z + 2 / (z + ...
    let fraction = z;
    for (let term = TERMS; term > 0; term -= 1) {
      fraction = z + term / fraction;
    }

    return logDensity - Math.log(fraction);
  }

  if (z < -TAIL_FROM) {
    return Math.log1p(-Math.exp(logOfUpperTail(-z)));
  }

  // The density's Taylor series, integrated from 0: z + z^3/3 + z^5/(3*5) + ...
  let sum = 0;
  let part = z;
  for (let term = 1; term <= TERMS; term += 1) {
    sum += part;
    part *= (z * z) / (2 * term + 1);
  }

  return Math.log(0.5 - Math.exp(logDensity) * sum);
}
