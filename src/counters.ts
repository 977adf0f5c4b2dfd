/**
 * Counts of what happened, by name, for status pages and tests: what is dropped is at least
 * counted.
 */
import {Code} from './errors.js';

/** A name that was put together for each answer would have to be hashed for each. */
const ANSWERS = new Map<number, string>(Object.values(Code).map(code => [code, `answers_${code}`]));

export class Counters {
  readonly #counts = new Map<string, number>();

  add(name: string, by = 1): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + by);
  }

  /** One request ended: `verb` is '' when it could not even be told. */
  answered(verb: string, code: number): void {
    this.add(ANSWERS.get(code) ?? `answers_${code}`);
    if (code !== Code.ok && code !== Code.notFound) {
      this.add(`errors_${verb}`);
    }
  }

  get(name: string): number {
    return this.#counts.get(name) ?? 0;
  }

  /** Sorted by name. */
  all(): Record<string, number> {
    return Object.fromEntries([...this.#counts].toSorted(([a], [b]) => (a < b ? -1 : 1)));
  }
}
