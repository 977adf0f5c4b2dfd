/**
 * Gathers the operations of one turn and sends one frame to each host, or as few as size allows.
 *
 * Invariant: an operation is in exactly one frame, and `sent` names that frame before anything can
 * answer it.
 */
import type {Clock} from '../ports/clock.js';
import type {ClientOp} from '../wire/client-frames.js';

/** Frames are closed past this; one value alone may be larger. */
const FRAME_BYTES_MAX = 256 * 1024;
const FRAME_OPS_MAX = 1024;
/** Of one operation, besides value, key and context: numbers, options and framing. */
export const OP_OVERHEAD_BYTES = 512;

export type OutboxPorts = {
  readonly clock: Clock;
  readonly publish: (host: string, ops: readonly ClientOp[]) => void;
  /** Told of every frame and the numbers of what it carries. */
  readonly sent: (frame: number, ops: readonly ClientOp[]) => void;
};

export class Outbox {
  readonly #waiting = new Map<string, ClientOp[]>();
  #lastFrame = 0;

  constructor(private readonly ports: OutboxPorts) {}

  /** A frame to the host leaves at the end of this turn, with fewer operations so far than that. */
  hasBelow(host: string, operations: number): boolean {
    const waiting = this.#waiting.get(host);
    return waiting !== undefined && waiting.length < operations;
  }

  post(host: string, op: ClientOp): void {
    const waiting = this.#waiting.get(host);
    if (waiting !== undefined) {
      waiting.push(op);
      return;
    }

    this.#waiting.set(host, [op]);
    if (this.#waiting.size === 1) {
      this.ports.clock.endOfTurn(() => this.#flush());
    }
  }

  /** An empty frame: no host answers it, and the broker says so when nobody listens. */
  probe(host: string): void {
    this.#send(host, []);
  }

  #flush(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const [host, ops] of waiting) {
      let first = 0;
      let bytes = 0;
      for (let next = 0; next < ops.length; next += 1) {
        const size = opBytes(ops[next] as ClientOp);
        const isFull = bytes + size > FRAME_BYTES_MAX || next - first >= FRAME_OPS_MAX;
        if (isFull && next > first) {
          this.#send(host, ops.slice(first, next));
          first = next;
          bytes = 0;
        }

        bytes += size;
      }

      this.#send(host, first === 0 ? ops : ops.slice(first));
    }
  }

  #send(host: string, ops: readonly ClientOp[]): void {
    this.#lastFrame += 1;
    this.ports.sent(this.#lastFrame, ops);
    this.ports.publish(host, ops);
  }
}

/** An upper bound: a character is at most three bytes, and a key that has such is short. */
export function opBytes([, , , key, value, options]: ClientOp): number {
  return OP_OVERHEAD_BYTES + key.length * 3 + (value?.length ?? 0) + options[2].length;
}
