/**
 * What happened, one line an event: the virtual time in milliseconds, then the words. The same seed
 * gives the same lines on any machine, so nothing of the real world may get in: no wall time, no
 * ids of processes.
 */
import {createHash} from 'node:crypto';

export class Trace {
  readonly #hash = createHash('sha256');
  readonly #lines: string[] = [];
  readonly #nowMs: () => number;
  readonly #keep: boolean;
  count = 0;

  /** Without `keep` only the lines' hash is kept. */
  constructor(nowMs: () => number, {keep}: {readonly keep: boolean}) {
    this.#nowMs = nowMs;
    this.#keep = keep;
  }

  add(what: string): void {
    const line = `${this.#nowMs().toFixed(3)} ${what}`;
    this.#hash.update(line).update('\n');
    this.count += 1;
    if (this.#keep) {
      this.#lines.push(line);
    }
  }

  get lines(): readonly string[] {
    return this.#lines;
  }

  /** Of all lines so far. */
  get hash(): string {
    return this.#hash.copy().digest('hex');
  }
}
