/**
 * Errands: questions to other hosts that travel in bulk, and their answers. What hints, repair and
 * whoever else is in no hurry asks of a peer ends by exactly one call: with the answer, or with
 * null when none came (the peer was lost, took nothing, or was silent for too long).
 *
 * Invariants:
 *   1. Every question ends, at the latest `timeoutMs` after it was asked.
 *   2. An answer ends the question with its number to the peer that it came from, and no other.
 *   3. At most `ERRANDS_MAX` are under way: past it a question ends with null, unasked.
 */
import type {Clock, TimerId} from '../../src/ports/clock.js';
import type {AnswerItem, HostItem} from '../../src/wire/host-items.js';

export type ErrandPorts = {
  readonly clock: Clock;
  /** False when the peer's outbox did not take the item. */
  readonly send: (peer: string, item: HostItem) => boolean;
};

type Errand = {
  readonly peer: string;
  readonly timer: TimerId;
  readonly done: (answer: AnswerItem | null) => void;
};

const ERRANDS_MAX = 4_096;

export class Errands {
  readonly #underWay = new Map<number, Errand>();
  #lastNo = 0;

  constructor(private readonly ports: ErrandPorts) {}

  get depth(): number {
    return this.#underWay.size;
  }

  /** `make` is given the number that the answer will carry. `done` never comes before return. */
  ask(
    peer: string,
    make: (no: number) => HostItem,
    timeoutMs: number,
    done: (answer: AnswerItem | null) => void,
  ): void {
    const {clock, send} = this.ports;
    this.#lastNo += 1;
    const no = this.#lastNo;
    if (this.#underWay.size >= ERRANDS_MAX || !send(peer, make(no))) {
      clock.endOfTurn(() => done(null));
      return;
    }

    const timer = clock.setTimeout(() => this.#end(no, null), timeoutMs);
    this.#underWay.set(no, {peer, timer, done});
  }

  answer(peer: string, item: AnswerItem): void {
    if (this.#underWay.get(item[1])?.peer === peer) {
      this.#end(item[1], item);
    }
  }

  peerLost(peer: string): void {
    for (const [no, errand] of this.#underWay) {
      if (errand.peer === peer) {
        this.#end(no, null);
      }
    }
  }

  #end(no: number, answer: AnswerItem | null): void {
    const errand = this.#underWay.get(no);
    if (errand !== undefined) {
      this.#underWay.delete(no);
      this.ports.clock.clearTimeout(errand.timer);
      errand.done(answer);
    }
  }
}
