/**
 * What a simulated disk holds: the entries, and how each of the latest commits can be taken back. A
 * synced commit is taken back only by the fault of a disk that loses what it promised.
 *
 * Invariants:
 *   1. A commit is applied whole or not at all.
 *   2. Commits are only ever taken back from the end: what remains is a prefix of what was applied.
 *   3. The bytes are the platter's own: copied on the way in and on the way out.
 */
import type {Entry, WriteOperation} from '../ports/storage.js';

type Undo = ReadonlyArray<readonly [key: string, before: Uint8Array | undefined]>;

/** Older commits cannot be taken back: an engine, too, writes tables out of its own accord. */
const UNDOS = 1024;

export class Platter {
  readonly #values = new Map<string, Uint8Array>();
  #undos: Undo[] = [];
  #unsynced = 0;

  get unsynced(): number {
    return this.#unsynced;
  }

  get synced(): number {
    return this.#undos.length - this.#unsynced;
  }

  apply(operations: readonly WriteOperation[]): void {
    const undo: Array<[string, Uint8Array | undefined]> = [];
    for (const {key, value} of operations) {
      const name = nameOf(key);
      undo.push([name, this.#values.get(name)]);
      this.#set(name, value === null ? undefined : Uint8Array.from(value));
    }
    this.#undos.push(undo);
    this.#unsynced++;
    if (this.#undos.length > UNDOS) {
      this.#undos.shift();
      this.#unsynced = Math.min(this.#unsynced, UNDOS);
    }
  }

  /** One bit of the value of an entry turns. False for a value without bits. */
  rot(key: Uint8Array, bit: number): boolean {
    const value = this.#values.get(nameOf(key));
    const at = bit >>> 3;
    if (value === undefined || at >= value.length) {
      return false;
    }

    const rotten = Uint8Array.from(value);
    rotten[at]! ^= 1 << (bit & 7);
    this.#values.set(nameOf(key), rotten);
    return true;
  }

  /** All that was applied so far is durable. */
  sync(): void {
    this.#unsynced = 0;
  }

  /** Takes back the last `count` commits, synced or not. */
  takeBack(count: number): void {
    for (const undo of this.#undos.splice(this.#undos.length - count).toReversed()) {
      for (const [name, before] of undo.toReversed()) {
        this.#set(name, before);
      }
    }
    this.#unsynced = Math.max(0, this.#unsynced - count);
  }

  get(key: Uint8Array): Uint8Array | null {
    const value = this.#values.get(nameOf(key));
    return value === undefined ? null : Uint8Array.from(value);
  }

  /** Every entry, synced or not. */
  entries(): Entry[] {
    return [...this.#values].map(([name, value]) => ({key: Buffer.from(name, 'latin1'), value}));
  }

  /**
   * Every entry as a power cut at this moment would leave it at worst: without the commits that are
   * unsynced.
   */
  durable(): Entry[] {
    const values = new Map<string, Uint8Array | undefined>(this.#values);
    for (const undo of this.#undos.slice(this.#undos.length - this.#unsynced).toReversed()) {
      for (const [name, before] of undo.toReversed()) {
        values.set(name, before);
      }
    }

    return [...values].flatMap(([name, value]) =>
      value === undefined ? [] : [{key: Buffer.from(name, 'latin1'), value}],
    );
  }

  /** One entry of these. */
  durableGet(key: Uint8Array): Uint8Array | null {
    const name = nameOf(key);
    for (const undo of this.#undos.slice(this.#undos.length - this.#unsynced)) {
      const first = undo.find(([changed]) => changed === name);
      if (first !== undefined) {
        return first[1] ?? null;
      }
    }

    return this.get(key);
  }

  scan(from: Uint8Array, to: Uint8Array, limit: number): Entry[] {
    const [first, end] = [nameOf(from), nameOf(to)];
    return [...this.#values]
      .filter(([name]) => name >= first && name < end)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .slice(0, Math.max(0, limit))
      .map(([name, value]) => ({key: Buffer.from(name, 'latin1'), value: Uint8Array.from(value)}));
  }

  copy(): Platter {
    const copy = new Platter();
    for (const [name, value] of this.#values) {
      copy.#values.set(name, value);
    }
    return copy;
  }

  #set(name: string, value: Uint8Array | undefined): void {
    if (value === undefined) {
      this.#values.delete(name);
    } else {
      this.#values.set(name, value);
    }
  }
}

/** One character a byte, so that strings order as the bytes do. */
function nameOf(key: Uint8Array): string {
  return Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString('latin1');
}
