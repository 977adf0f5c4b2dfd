/**
 * The requests under way, and the numbers of their attempts. A number is never used twice, so that
 * an answer finds its attempt or none.
 */
import type {ClientOp} from '../wire/client-frames.js';
import type {Pending} from './pending.js';

export class Register {
  readonly #pending = new Set<Pending>();
  readonly #attempts = new Map<number, Pending>();
  #waiting: Array<() => void> = [];
  #lastNo = 0;

  get size(): number {
    return this.#pending.size;
  }

  [Symbol.iterator](): Iterator<Pending> {
    return this.#pending.values();
  }

  has(pending: Pending): boolean {
    return this.#pending.has(pending);
  }

  add(pending: Pending): void {
    this.#pending.add(pending);
  }

  /** A new attempt, the one that is live from now on. */
  begin(pending: Pending, host: string, nowMs: number): void {
    this.#lastNo += 1;
    pending.no = this.#lastNo;
    pending.host = host;
    pending.frame = 0;
    pending.isProbed = false;
    pending.isLive = true;
    pending.sentAtMs = nowMs;
    this.#attempts.set(pending.no, pending);
  }

  sent(frame: number, ops: readonly ClientOp[]): void {
    for (const [no] of ops) {
      const pending = this.#attempts.get(no);
      if (pending?.no === no) {
        pending.frame = frame;
      }
    }
  }

  /** Whose attempt that was. It is answered with this: asked again, there is none. */
  take(no: number): Pending | undefined {
    const pending = this.#attempts.get(no);
    this.#attempts.delete(no);
    return pending;
  }

  /** Those that wait for an answer of this host, their frames sent. */
  liveAt(host: string): Pending[] {
    const found: Pending[] = [];
    for (const pending of this.#pending) {
      if (pending.host === host && pending.isLive && pending.frame > 0) {
        found.push(pending);
      }
    }

    return found;
  }

  remove(pending: Pending): void {
    this.#pending.delete(pending);
    this.#attempts.delete(pending.no);
    for (const no of pending.older) {
      this.#attempts.delete(no);
    }

    if (this.#pending.size === 0) {
      const waiting = this.#waiting;
      this.#waiting = [];
      for (const tell of waiting) {
        tell();
      }
    }
  }

  /** At once, when it is empty now. */
  whenEmpty(tell: () => void): void {
    if (this.#pending.size === 0) {
      tell();
    } else {
      this.#waiting.push(tell);
    }
  }
}
