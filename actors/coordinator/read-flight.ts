/**
 * A quorum read: asks this host's vnode and R-1 other owners, one more when somebody refuses or is
 * slow, and merges what R of them hold.
 *
 * Invariants:
 *   1. It is met by R slots that answered from durable state, never by a refusal or an error (T42).
 *   2. Whoever is found to hold less gets the merged object, with its original dots, as a merge
 *      (T32).
 */
import {mergeObjects, sameWrites} from '../../src/causality/merge.js';
import type {StoredObject} from '../../src/causality/object.js';
import {Code} from '../../src/errors.js';
import {Tally} from '../../src/quorum/tally.js';
import {ITEM} from '../../src/wire/host-frames.js';
import {encodeObject} from '../../src/wire/object-codec.js';
import type {Answer, Reply, Request} from './coordinator.messages.js';
import {replyOk, replyRejected, type Desk, type Flight} from './flight.js';
import {failure} from './answers.js';

/** After this long without a quorum one more owner is asked (speculative retry). */
export const SPECULATE_AFTER_MS = 20;

type Response = {readonly slot: string; readonly object: StoredObject | null};

export class ReadFlight implements Flight {
  readonly tally: Tally;
  readonly #untried: string[];
  readonly #responses: Response[] = [];
  #speculateAtMs: number;
  #merged: StoredObject | null = null;

  constructor(
    readonly no: number,
    readonly request: Request,
    private readonly desk: Desk,
    owners: readonly string[],
    /**
     * Goes on with what the quorum holds; the flight has ended or been replaced when it returns.
     */
    private readonly onQuorum: (flight: ReadFlight, merged: StoredObject | null) => void,
  ) {
    this.tally = new Tally(request.r, owners);
    const peers = owners.filter(owner => owner !== desk.self);
    // Spreads second reads over the other owners; any choice is right.
    const turn = peers.length === 0 ? 0 : no % peers.length;
    const rotated = [...peers.slice(turn), ...peers.slice(0, turn)];
    this.#untried = [desk.self, ...rotated.toSorted((a, b) => rank(desk, a) - rank(desk, b))];
    this.#speculateAtMs = desk.nowMs() + SPECULATE_AFTER_MS;
  }

  start(): void {
    const reachable = this.#untried.filter(
      slot => slot === this.desk.self || this.desk.isLinked(slot),
    );
    if (reachable.length < this.request.r) {
      const seen = `${reachable.length} of the key's owners can be reached, R is ${this.request.r}`;
      this.#fail(Code.unavailable, `${seen}: retry later or with a lower R`);
      return;
    }

    for (let asked = 0; asked < this.request.r; asked += 1) {
      this.#askNext();
    }
  }

  onReply({slot, code, text, object, lost}: Reply): void {
    if (lost && this.#untried.includes(slot)) {
      // It was never asked, and may be linked again before its turn comes.
      return;
    }

    if (code !== Code.ok) {
      const counted = lost ? this.tally.lose(slot) : this.tally.refuse(slot);
      this.#refused(counted, text);
    } else if (this.tally.ack(slot)) {
      this.#responses.push({slot, object});
      this.#merged = merge(this.#merged, object);
      if (this.tally.verdict === 'met') {
        this.#repair();
        this.onQuorum(this, this.#merged);
      }
    }
  }

  finish(answer: Answer): void {
    this.desk.end(this, answer);
  }

  onTick(nowMs: number): void {
    if (nowMs >= this.request.deadlineMs) {
      const seen = `${this.tally.acks} of ${this.request.r} owners answered in time`;
      this.#fail(Code.unknownOutcome, `${seen}: retry, or lower R`);
    } else if (nowMs >= this.#speculateAtMs) {
      this.#speculateAtMs = nowMs + SPECULATE_AFTER_MS;
      this.#askNext();
    }
  }

  #refused(counted: boolean, why: string): void {
    if (!counted) {
      return;
    }

    if (this.tally.verdict === 'impossible') {
      const seen = `only ${this.tally.acks} of the ${this.request.r} owners needed could answer`;
      this.#fail(Code.unavailable, `${seen} (${why}): retry later or with a lower R`);
    } else {
      this.#askNext();
    }
  }

  /** A delete that only got as far as reading says so. */
  #fail(code: Code, why: string): void {
    const text = this.request.verb === 'del' ? `${why}; nothing was applied` : why;
    this.desk.end(this, failure(code, text, this.tally, this.request));
  }

  #askNext(): void {
    const slot = this.#untried.shift();
    if (slot === undefined) {
      return;
    }

    const {no, desk, request} = this;
    const gate = desk.gate(request.partition);
    if (gate === undefined) {
      desk.reply(replyRejected(no, slot, {code: Code.unavailable, text: 'not an owner'}));
    } else if (slot !== desk.self) {
      const item = [ITEM.read, no, request.partition, gate.epoch, request.name] as const;
      if (!desk.send(slot, item)) {
        desk.reply(
          replyRejected(no, slot, {code: Code.unavailable, text: `${slot} is not reachable`}),
        );
      }
    } else {
      const rejection = gate.post(
        {
          kind: 'read',
          name: request.name,
          done: answer =>
            desk.reply(
              answer !== null && 'code' in answer
                ? replyRejected(no, slot, answer)
                : replyOk(no, slot, answer?.object ?? null),
            ),
        },
        gate.epoch,
      );
      if (rejection !== null) {
        desk.reply(replyRejected(no, slot, rejection));
      }
    }
  }

  #repair(): void {
    const merged = this.#merged;
    if (merged === null || this.#responses.length < 2) {
      return;
    }

    const stale = this.#responses.filter(({object}) => !holds(object, merged));
    if (stale.length > 0) {
      const slots = stale.map(({slot}) => slot);
      this.desk.repair(this.request, encodeObject(merged), slots);
    }
  }
}

function merge(a: StoredObject | null, b: StoredObject | null): StoredObject | null {
  return a === null || b === null ? (a ?? b) : mergeObjects(a, b);
}

function holds(object: StoredObject | null, merged: StoredObject): boolean {
  return object !== null && sameWrites(object, merged);
}

function rank(desk: Desk, slot: string): number {
  return desk.isLinked(slot) ? 0 : 1;
}
