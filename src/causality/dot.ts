/**
 * A dot: the birth certificate of one write. No two writes ever share one.
 * (Preguiça et al., "Dotted Version Vectors", 2010, section 3.)
 */
export type Dot = {
  /** Which life of which vnode stamped it: 128 random bits as 22 characters of base64url. */
  readonly incarnation: string;
  /** 1, 2, 3, ... across all keys of that vnode. */
  readonly counter: number;
};

/**
 * Orders dots for canonical encodings and as the last tie-break; it says nothing about causality.
 */
export function compareDots(a: Dot, b: Dot): number {
  if (a.incarnation !== b.incarnation) {
    return a.incarnation < b.incarnation ? -1 : 1;
  }

  return a.counter - b.counter;
}
