/**
 * The second half of a monotonic get: what it read is written back, as a merge with its original
 * dots, until N-R+1 owners hold it durably. Any R owners that a later get asks have one of them
 * among them, so none goes back in time (T31).
 *
 * Invariants:
 *   1. It succeeds only when N-R+1 owners are known to hold what was read; stand-ins count for
 *      nothing here.
 *   2. Owners that were found to hold less come first; others follow when one refuses or is slow.
 */
import {Code} from '../../src/errors.js';
import {Tally} from '../../src/quorum/tally.js';
import {ITEM} from '../../src/wire/host-items.js';
import {failure} from './answers.js';
import type {Answer, Reply, Request} from './coordinator.messages.js';
import {replyOk, replyRejected, type Desk, type Flight} from './flight.js';

/** After this long without an answer one more owner is written to. */
const NEXT_AFTER_MS = 50;

export type ReadResult = {
  /** Owners that hold what was read. */
  readonly holders: readonly string[];
  /** Owners that hold less. */
  readonly stale: readonly string[];
  /** What was read, encoded. */
  readonly bytes: Uint8Array;
  /** What the client is told once it is confirmed. */
  readonly answer: Answer;
};

/** How many owners have to hold what a monotonic get shows. */
export function confirmationsOf({n, r}: Request): number {
  return n - r + 1;
}

export class ConfirmFlight implements Flight {
  readonly tally: Tally;
  readonly hasStandIn = false;
  readonly #untried: string[];
  #nextAtMs: number;

  constructor(
    readonly no: number,
    readonly request: Request,
    private readonly desk: Desk,
    owners: readonly string[],
    private readonly read: ReadResult,
  ) {
    const {holders, stale} = read;
    this.tally = new Tally(confirmationsOf(request), owners);
    for (const holder of holders) {
      this.tally.ack(holder);
    }

    const others = owners.filter(owner => !holders.includes(owner) && !stale.includes(owner));
    this.#untried = [...stale, ...others];
    this.#nextAtMs = desk.nowMs() + NEXT_AFTER_MS;
  }

  /** All that hold less are written to: they are to have it in any case. */
  start(): void {
    const {tally, read} = this;
    const count = Math.max(read.stale.length, tally.needed - tally.acks);
    for (let written = 0; written < count; written += 1) {
      this.#writeNext();
    }
  }

  onReply({slot, code, text, lost}: Reply): void {
    const {tally} = this;
    if (code === Code.ok) {
      if (tally.ack(slot) && tally.verdict === 'met') {
        this.desk.end(this, this.read.answer);
      }
    } else if (!this.#untried.includes(slot) && (lost ? tally.lose(slot) : tally.refuse(slot))) {
      if (tally.verdict === 'impossible') {
        this.#fail(Code.unavailable, text);
      } else {
        this.#writeNext();
      }
    }
  }

  onTick(nowMs: number): void {
    if (nowMs >= this.request.deadlineMs) {
      this.#fail(Code.unknownOutcome, 'the others did not answer in time');
    } else if (nowMs >= this.#nextAtMs) {
      this.#nextAtMs = nowMs + NEXT_AFTER_MS;
      this.#writeNext();
    }
  }

  #writeNext(): void {
    const {no, desk, request, read} = this;
    const {partition, name} = request;
    const {bytes} = read;
    const slot = this.#untried.shift();
    if (slot === undefined) {
      return;
    }

    const epoch = desk.epochOf(partition);
    if (slot !== desk.self) {
      if (!desk.send(slot, [ITEM.merge, no, partition, epoch, name, bytes])) {
        const text = `${slot} is not reachable`;
        desk.reply(replyRejected(no, slot, {code: Code.unavailable, text}));
      }

      return;
    }

    const done = (refused: Parameters<typeof replyRejected>[2] | null) =>
      desk.reply(refused === null ? replyOk(no, slot) : replyRejected(no, slot, refused));
    const refused = desk.gate(partition)?.post({kind: 'merge', name, bytes, done}, epoch);
    if (refused !== null) {
      done(refused ?? {code: Code.unavailable, text: 'this host is no owner of the key'});
    }
  }

  #fail(code: Code, why: string): void {
    const {acks, needed} = this.tally;
    const text = `read, but not confirmed on N-R+1 owners: ${acks} of ${needed} hold it (${why})`;
    this.desk.end(this, failure(code, `${text}; retry, or get without Quorate-Monotonic`, this));
  }
}
