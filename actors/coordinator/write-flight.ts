/**
 * A quorum write: this host's vnode stamps it, the resulting object leaves for all other owners
 * while the local commit is under way, and W durable copies make it a success. The intent is never
 * sent on, only its result, so that a write is stamped once (T6).
 *
 * Invariants:
 *   1. A slot is counted only when its copy is durable there.
 *   2. A failure says whether nothing, fewer than W, or an unknown number of copies were made.
 */
import type {WriteIntent} from '../../src/causality/write.js';
import {Code} from '../../src/errors.js';
import {Tally} from '../../src/quorum/tally.js';
import type {Held} from '../../src/store/held.js';
import {ITEM} from '../../src/wire/host-items.js';
import {failure, success} from './answers.js';
import type {Reply, Request} from './coordinator.messages.js';
import {countReachable, replyOk, replyRejected, type Desk, type Flight} from './flight.js';

export class WriteFlight implements Flight {
  readonly tally: Tally;
  /** What the local vnode made of the write; null until it has decided. */
  #held: Held | null = null;

  constructor(
    readonly no: number,
    readonly request: Request,
    private readonly desk: Desk,
    private readonly owners: readonly string[],
    private readonly intent: WriteIntent,
  ) {
    this.tally = new Tally(request.w, owners);
  }

  start(): void {
    const {desk, request, no} = this;
    const reachable = countReachable(this.owners, desk);
    if (reachable < request.w) {
      const seen = `${reachable} of the key's owners can be reached, W is ${request.w}`;
      const text = `${seen}: nothing was applied; retry later or with a lower W`;
      desk.end(this, failure(Code.unavailable, text, this.tally, this.request));
      return;
    }

    const gate = desk.gate(request.partition);
    const rejection =
      gate === undefined
        ? {code: Code.unavailable, text: 'this host is no owner of the key'}
        : gate.post(
            {
              kind: 'coordinate',
              name: request.name,
              intent: this.intent,
              rules: request.rules,
              decided: held => this.#decided(held, gate.epoch),
              done: refused =>
                desk.reply(
                  refused === null ? replyOk(no, desk.self) : replyRejected(no, desk.self, refused),
                ),
            },
            gate.epoch,
          );
    if (rejection !== null) {
      desk.end(
        this,
        failure(rejection.code, `${rejection.text}; nothing was applied`, this.tally, this.request),
      );
    }
  }

  onReply({slot, code, text, lost}: Reply): void {
    if (code === Code.ok) {
      this.#counted(this.tally.ack(slot), '');
    } else if (this.#held === null && slot === this.desk.self) {
      // The vnode turned the write down before it stamped it, so no copy exists anywhere.
      this.desk.end(
        this,
        failure(code as Code, `${text}; nothing was applied`, this.tally, this.request),
      );
    } else if (this.#held !== null) {
      this.#counted(lost ? this.tally.lose(slot) : this.tally.refuse(slot), text);
    }
  }

  onTick(nowMs: number): void {
    if (nowMs >= this.request.deadlineMs) {
      const seen = `${this.tally.acks} of ${this.request.w} copies were confirmed in time`;
      this.desk.end(
        this,
        failure(Code.unknownOutcome, `${seen}; ${RETRY}`, this.tally, this.request),
      );
    }
  }

  /** Called by the vnode in the middle of its work: only posts. */
  #decided(held: Held, epoch: number): void {
    this.#held = held;
    const {no, desk, request} = this;
    for (const peer of this.owners) {
      if (peer === desk.self) {
        continue;
      }

      const item = [ITEM.merge, no, request.partition, epoch, request.name, held.bytes] as const;
      if (!desk.send(peer, item)) {
        const text = `${peer} is not reachable`;
        desk.reply(replyRejected(no, peer, {code: Code.unavailable, text}));
      }
    }
  }

  #counted(counted: boolean, why: string): void {
    if (!counted) {
      return;
    }

    const {tally, request, desk} = this;
    if (tally.verdict === 'met') {
      desk.end(this, success(Code.ok, this.#held?.object ?? null, tally, request));
    } else if (tally.verdict === 'impossible') {
      const seen = `${tally.acks} of ${request.w} copies were made (${why})`;
      const text = tally.mayBeDone ? `${seen}, others may follow; ${RETRY}` : `${seen}; ${RETRY}`;
      const code = tally.mayBeDone ? Code.unknownOutcome : Code.unavailable;
      desk.end(this, failure(code, text, tally, request));
    }
  }
}

const RETRY = 'the write may still become visible; retry with the same Nats-Msg-Id';
