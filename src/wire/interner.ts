/**
 * Strings that come again and again in what is decoded, each kept once. An incarnation is in nearly
 * every object that its vnode ever wrote: to find it here costs less than to make it anew, leaves
 * no garbage, and lets two of them be compared by identity.
 *
 * Invariant: it holds at most `SLOTS` strings, two where the same characters are looked at. What
 * would be the third replaces the older one, which only costs time.
 */
const SLOTS = 8192;

export class Interner {
  readonly #slots: string[] = Array.from({length: SLOTS}, () => '');

  /** null when it does not hold these ASCII characters. `length` is at least 1. */
  find(bytes: Uint8Array, from: number, length: number): string | null {
    const slot = slotOf(bytes[from]!, bytes[from + (length >> 2)]!, bytes[from + (length >> 1)]!);
    const newer = this.#slots[slot]!;
    if (equals(newer, bytes, from, length)) {
      return newer;
    }

    const older = this.#slots[slot + 1]!;
    return equals(older, bytes, from, length) ? older : null;
  }

  add(text: string): void {
    const {length} = text;
    const [a, b, c] = [0, length >> 2, length >> 1].map(at => text.charCodeAt(at));
    const slot = slotOf(a!, b!, c!);
    this.#slots[slot + 1] = this.#slots[slot]!;
    this.#slots[slot] = text;
  }
}

function equals(text: string, bytes: Uint8Array, from: number, length: number): boolean {
  if (text.length !== length) {
    return false;
  }

  for (let i = 0; i < length; i += 1) {
    if (text.charCodeAt(i) !== bytes[from + i]) {
      return false;
    }
  }

  return true;
}

/** Even. Three characters of random text are 18 bits; Knuth's multiplier spreads them. */
function slotOf(a: number, b: number, c: number): number {
  return (Math.imul((a << 14) ^ (b << 7) ^ c, 0x9e_37_79_b1) >>> 20) * 2;
}
