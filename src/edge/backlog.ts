/**
 * How long what this host reads has waited for it. NATS has no flow control: what a host does not
 * read in time waits in its socket and at the broker, unseen. So the host sends a mark to itself
 * now and then. A connection keeps its order, and whatever the broker had passed on before the mark
 * is read before it: the mark comes back as late as requests do.
 *
 * A host whose event loop stood still (stopped, a long collection of garbage, a machine that slept)
 * finds that out by its own timer, before it has read what waited meanwhile. All of that lies
 * before the next mark.
 *
 * Invariants:
 *   1. `ageMs` is never less than what the oldest mark under way has waited so far. The way to the
 *      broker and back, the least that any mark of this connection took, is not counted.
 *   2. After a stall everything is stale until a mark has come back that left after it; never for
 *      longer. So is whatever has waited for as long as a stall, for whichever reason.
 *   3. Only marks of this life of the host are believed.
 */

/** Standing still for longer than this is a stall. */
export const STALL_MS = 1_000;
/** Marks that are remembered to be under way; a further one takes the place of the youngest. */
const UNDER_WAY_MAX = 64;
/** Of a nonce and a time. */
const NONCE_BYTES = 12;
const MARK_BYTES = NONCE_BYTES + 8;

export type Times = {readonly nowMs: number; readonly wallMs: number};

export class Backlog {
  readonly #nonce: Buffer;
  /** When marks under way have left, oldest first. */
  #left: number[] = [];
  #lastMs = 0;
  /** null until a mark of this connection has come back. */
  #leastMs: number | null = null;
  #tickedAt: Times;
  /** When the event loop was last seen to go on. */
  #aliveMs: number;
  /** When the latest stall was found out; what was read since is stale. null: nothing is. */
  #stalledAtMs: number | null = null;

  /** `nonce` is unpredictable, at least twelve bytes. Ticks come every `tickMs` or so. */
  constructor(
    nonce: Uint8Array,
    private readonly tickMs: number,
    now: Times,
  ) {
    this.#nonce = Buffer.from(nonce.subarray(0, NONCE_BYTES));
    this.#tickedAt = now;
    this.#aliveMs = now.nowMs;
  }

  /** Whether what is read now has waited for longer than a stall. */
  isStale(nowMs: number): boolean {
    return this.#stalledAtMs !== null || this.ageMs(nowMs) > STALL_MS;
  }

  /** How long what is read now has waited, as far as is known, in milliseconds. */
  ageMs(nowMs: number): number {
    const [oldest] = this.#left;
    const tookMs = oldest === undefined ? this.#lastMs : Math.max(this.#lastMs, nowMs - oldest);
    return Math.max(0, tookMs - (this.#leastMs ?? 0));
  }

  /**
   * Called with each request, since many may be read before the tick that is overdue. True when it
   * finds out a stall: then a mark should leave at once.
   */
  notice(nowMs: number): boolean {
    const isStall = nowMs - this.#aliveMs > this.tickMs + STALL_MS;
    if (isStall) {
      this.#aliveMs = nowMs;
      this.#stalledAtMs = nowMs;
    }

    return isStall;
  }

  /**
   * True when it finds out a stall. While a machine sleeps the monotonic clock may stand still, the
   * calendar does not; when somebody sets the calendar ahead, nothing worse than a few refusals
   * comes of it.
   */
  tick(now: Times): boolean {
    const {nowMs, wallMs} = this.#tickedAt;
    const sleptMs = now.wallMs - wallMs - (now.nowMs - nowMs);
    const isStall = this.notice(now.nowMs) || sleptMs > STALL_MS;
    this.#tickedAt = now;
    this.#aliveMs = now.nowMs;
    if (isStall) {
      this.#stalledAtMs = now.nowMs;
    }

    return isStall;
  }

  /** Ticks come from now on: what was before was no stall. */
  start(now: Times): void {
    this.#tickedAt = now;
    this.#aliveMs = now.nowMs;
  }

  /** A mark that leaves now. */
  mark(nowMs: number): Uint8Array {
    if (this.#left.length >= UNDER_WAY_MAX) {
      this.#left.pop();
    }

    this.#left.push(nowMs);
    const mark = Buffer.alloc(MARK_BYTES);
    this.#nonce.copy(mark);
    mark.writeDoubleBE(nowMs, NONCE_BYTES);
    return mark;
  }

  /** Something came back that may be a mark. */
  heard(payload: Uint8Array, nowMs: number): void {
    const mark = Buffer.from(payload.buffer, payload.byteOffset, payload.length);
    if (mark.length !== MARK_BYTES || !mark.subarray(0, NONCE_BYTES).equals(this.#nonce)) {
      return;
    }

    const leftMs = mark.readDoubleBE(NONCE_BYTES);
    // Marks before it are lost, for a connection keeps its order; another may have left with it.
    const place = this.#left.findIndex(other => other >= leftMs);
    const isKnown = this.#left[place] === leftMs;
    this.#left = place === -1 ? [] : this.#left.slice(isKnown ? place + 1 : place);
    this.#lastMs = nowMs - leftMs;
    this.#leastMs = Math.min(this.#leastMs ?? this.#lastMs, this.#lastMs);
    if (this.#stalledAtMs !== null && leftMs >= this.#stalledAtMs) {
      this.#stalledAtMs = null;
    }
  }

  /** Nothing was read for a while: what the last marks told is over. */
  rest(): void {
    if (this.#left.length === 0) {
      this.#lastMs = 0;
    }
  }

  /** The connection is new: whatever waited on the old one will never be read. */
  forget(): void {
    this.#left = [];
    this.#lastMs = 0;
    this.#leastMs = null;
    this.#stalledAtMs = null;
  }
}
