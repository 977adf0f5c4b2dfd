/**
 * A quorum write: this host's vnode stamps it, the resulting object leaves for all other owners
 * while the local commit is under way, and W durable copies make it a success. The intent is never
 * sent on, only its result, so that a write is stamped once (T6).
 *
 * In a sloppy bucket a stand-in keeps the object for each owner that could not take it: at once for
 * one that cannot be reached or refuses, after a while for one that is silent. Where no owner is
 * there at all, this host stamps the write as a stand-in itself.
 *
 * Invariants:
 *   1. A slot is counted only when its copy is durable there, or at the one host that keeps it in
 *      its place; whoever is first, it counts once.
 *   2. A failure says whether nothing, fewer than W, or an unknown number of copies were made.
 *   3. In a strict bucket nothing is kept anywhere else.
 *   4. Answered or not, it goes on until each owner has the write, or somebody was given it in that
 *      owner's place.
 */
import type {WriteIntent} from '../../src/causality/write.js';
import {Code, type Rejection} from '../../src/errors.js';
import {Tally} from '../../src/quorum/tally.js';
import type {Held} from '../../src/store/held.js';
import {ITEM} from '../../src/wire/host-items.js';
import {failure, success} from './answers.js';
import type {Reply, Request} from './coordinator.messages.js';
import {Cover} from './cover.js';
import {
  countReachable,
  isReachable,
  replyOk,
  replyRejected,
  STAND_IN_AFTER_MS,
  type Desk,
  type Flight,
} from './flight.js';

export class WriteFlight implements Flight {
  readonly tally: Tally;
  hasStandIn = false;
  /** What was made of the write; null until it is decided. */
  #held: Held | null = null;
  #epoch = 0;
  #cover: Cover | null = null;
  /** When owners that are silent until then get a stand-in. */
  #silentAtMs = Number.POSITIVE_INFINITY;
  #isAnswered = false;

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
    const {desk, request, owners} = this;
    const reachable = countReachable(owners, desk);
    if (reachable < request.w && reachable + this.#countStandIns() < request.w) {
      const seen = `${reachable} of the key's owners can be reached, W is ${request.w}`;
      this.#refuse(Code.unavailable, `${seen}: nothing was applied; retry later or with a lower W`);
      return;
    }

    this.#epoch = desk.epochOf(request.partition);
    const rejection = owners.includes(desk.self) ? this.#coordinate() : this.#standIn();
    if (rejection !== null) {
      this.#refuse(rejection.code, `${rejection.text}; nothing was applied`);
    }
  }

  onReply({slot, code, text, lost}: Reply): void {
    if (code === Code.ok) {
      this.#served(slot);
    } else if (this.#held !== null) {
      this.#failed(slot, code, text, lost);
    } else if (slot === this.desk.self) {
      // The write was turned down before it was stamped, so no copy exists anywhere.
      this.#refuse(code as Code, `${text}; nothing was applied`);
    }
  }

  onTick(nowMs: number): void {
    const {tally, request, owners} = this;
    if (nowMs >= request.deadlineMs && !this.#isAnswered) {
      const seen = `${tally.acks} of ${request.w} copies were confirmed in time`;
      this.#refuse(Code.unknownOutcome, `${seen}; ${RETRY}`);
    } else if (nowMs >= this.#silentAtMs) {
      this.#silentAtMs = nowMs + STAND_IN_AFTER_MS;
      for (const owner of owners) {
        if (!tally.hasHeard(owner) && !this.#cede(owner) && this.#isAnswered) {
          this.#entrust(owner);
        }
      }

      if (this.#isAnswered) {
        this.desk.forget(this);
      }
    }
  }

  #coordinate(): Rejection | null {
    const {request, intent} = this;
    const gate = this.desk.gate(request.partition);
    return gate === undefined
      ? {code: Code.unavailable, text: 'this host is no owner of the key'}
      : gate.post(
          {
            kind: 'coordinate',
            name: request.name,
            intent,
            rules: request.rules,
            decided: held => this.#decided(held),
            done: refused => this.#committed(refused),
          },
          this.#epoch,
        );
  }

  /** This host keeps the write for all owners, and counts in the place of the first. */
  #standIn(): Rejection | null {
    const {request, owners, intent} = this;
    this.#covered().assign(owners[0] ?? '', host => host === this.desk.self);
    return this.desk.hints.post({
      kind: 'standIn',
      partition: request.partition,
      epoch: this.#epoch,
      name: request.name,
      targets: owners,
      intent,
      rules: request.rules,
      decided: held => this.#decided(held),
      done: refused => this.#committed(refused),
    });
  }

  /** Or why not. */
  #committed(refused: Rejection | null): void {
    const {no, desk} = this;
    desk.reply(refused === null ? replyOk(no, desk.self) : replyRejected(no, desk.self, refused));
  }

  /** Called by the vnode in the middle of its work: only posts. */
  #decided(held: Held): void {
    this.#held = held;
    const {no, desk, request, owners} = this;
    const {partition, name, isSloppy} = request;
    if (isSloppy) {
      this.#silentAtMs = desk.nowMs() + STAND_IN_AFTER_MS;
    }

    for (const peer of owners) {
      if (peer === desk.self) {
        continue;
      }

      const item = [ITEM.merge, no, partition, this.#epoch, name, held.bytes] as const;
      if (!desk.send(peer, item)) {
        const text = `${peer} is not reachable`;
        desk.reply(replyRejected(no, peer, {code: Code.unavailable, text}));
      } else if (isSloppy && desk.isDown(peer)) {
        // It was sent the write all the same: that it is down is only what is believed.
        this.#cede(peer);
      }
    }
  }

  #served(slot: string): void {
    const owner = this.#cover?.ownerOf(slot) ?? slot;
    if (this.tally.ack(owner)) {
      this.hasStandIn ||= owner !== slot;
      this.#judge('');
    }
  }

  #failed(slot: string, code: number, why: string, isLost: boolean): void {
    const {tally, owners} = this;
    const isOwner = owners.includes(slot);
    if (!this.request.isSloppy || (isOwner && code === Code.tooLarge)) {
      // What is too large for one owner no stand-in could ever hand over to it.
      if (isLost ? tally.lose(slot) : tally.refuse(slot)) {
        this.#judge(why);
      }

      return;
    }

    const cover = this.#covered();
    const owner = isOwner ? slot : cover.end(slot, isLost);
    if (owner === null || tally.hasHeard(owner)) {
      return;
    }

    if (isOwner) {
      cover.fail(owner, isLost);
    }

    if (cover.isVacant(owner) && !this.#cede(owner)) {
      this.#entrust(owner);
      const counted = cover.isUnsure(owner) ? tally.lose(owner) : tally.refuse(owner);
      if (counted) {
        this.#judge(why);
      }
    }
  }

  /** One more stand-in keeps the object for this owner; false when there is none. */
  #cede(owner: string): boolean {
    const {desk, request, no} = this;
    const {partition, name} = request;
    const bytes = this.#held?.bytes;
    const host = this.#covered().assign(
      owner,
      standIn =>
        bytes !== undefined &&
        isReachable(standIn, desk) &&
        desk.send(standIn, [ITEM.keep, no, partition, this.#epoch, name, bytes, [owner]]),
    );
    return host !== null;
  }

  /** No host is left to count for this owner: one that counts for another keeps it its hint. */
  #entrust(owner: string): void {
    const {desk, request} = this;
    const {partition, name} = request;
    const host = this.#cover?.anyHost ?? null;
    // What this host keeps as a stand-in is for all owners.
    if (host !== null && host !== desk.self && this.#held !== null) {
      desk.send(host, [ITEM.keep, 0, partition, this.#epoch, name, this.#held.bytes, [owner]]);
    }
  }

  #covered(): Cover {
    this.#cover ??= new Cover(this.desk.standIns(this.request.partition));
    return this.#cover;
  }

  /** Hosts that could serve in the place of owners. */
  #countStandIns(): number {
    const {isSloppy, partition} = this.request;
    return isSloppy ? countReachable(this.desk.standIns(partition), this.desk) : 0;
  }

  #judge(why: string): void {
    const {tally, request, desk} = this;
    if (this.#isAnswered) {
      if (tally.isComplete) {
        desk.forget(this);
      }
    } else if (tally.verdict === 'met') {
      this.#succeed();
    } else if (tally.verdict === 'impossible') {
      const seen = `${tally.acks} of ${request.w} copies were made (${why})`;
      const text = tally.mayBeDone ? `${seen}, others may follow; ${RETRY}` : `${seen}; ${RETRY}`;
      this.#refuse(tally.mayBeDone ? Code.unknownOutcome : Code.unavailable, text);
    }
  }

  #succeed(): void {
    const {tally, request, desk} = this;
    const {isSloppy, partition} = request;
    const answer = success(Code.ok, this.#held?.object ?? null, this);
    if (!isSloppy || tally.isComplete || desk.standIns(partition).length === 0) {
      desk.end(this, answer);
      return;
    }

    this.#isAnswered = true;
    this.#silentAtMs = desk.nowMs() + HINT_AFTER_MS;
    desk.linger(this, answer);
  }

  #refuse(code: Code, text: string): void {
    this.desk.end(this, failure(code, text, this));
  }
}

/**
 * After this long an owner that is silent, and that nobody waits for any more, gets a hint. Long,
 * so that hints come from hosts that are gone or frozen, and not from load.
 */
const HINT_AFTER_MS = 1_000;
const RETRY = 'the write may still become visible; retry with the same Nats-Msg-Id';
