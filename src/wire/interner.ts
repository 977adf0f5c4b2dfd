/**
 * Strings that come again and again in what is decoded, each kept once. An incarnation is in nearly
 * every object that its vnode ever wrote: to find it here costs less than to make it anew, leaves
 * no garbage, and lets two of them be compared by identity.
 *
 * Invariant: it holds at most `SLOTS` strings; one that falls into a taken slot replaces what was
 * there, which only costs time.
 */
const SLOTS = 4096;

export class Interner {
  readonly #slots: string[] = Array.from({length: SLOTS}, () => '');

  /** null when it does not hold these ASCII characters. `length` is at least 1. */
  find(bytes: Uint8Array, from: number, length: number): string | null {
    const text = this.#slots[slotOf(bytes[from]!, bytes[from + (length >> 1)]!, length)]!;
    if (text.length !== length) {
      return null;
    }

    for (let i = 0; i < length; i += 1) {
      if (text.charCodeAt(i) !== bytes[from + i]) {
        return null;
      }
    }

    return text;
  }

  add(text: string): void {
    const {length} = text;
    this.#slots[slotOf(text.charCodeAt(0), text.charCodeAt(length >> 1), length)] = text;
  }
}

/** Any two characters of random text will do. */
function slotOf(first: number, middle: number, length: number): number {
  return ((first << 6) ^ middle ^ (length << 3)) & (SLOTS - 1);
}
