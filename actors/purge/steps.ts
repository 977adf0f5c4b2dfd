/**
 * Steps: takes a step of the purge for some objects at this host's own vnode.
 *
 * Invariants:
 *   1. At most `AT_ONCE` operations of it wait in the vnode's mailbox at once.
 *   2. It ends exactly once: with an answer for each object, or, once one of them was refused or
 *      none came in time (the vnode crashed), with the reason.
 */
import {Code, reject, type Rejection} from '../../src/errors.js';
import type {Clock} from '../../src/ports/clock.js';
import type {StepAnswer, StepAsked} from '../../src/wire/purge-questions.js';
import type {Gate} from '../partition/gate.js';

export type Stepped = (answers: readonly StepAnswer[] | Rejection) => void;

const AT_ONCE = 8;
const TIMEOUT_MS = 10_000;

export function takeStep(clock: Clock, gate: Gate, asked: StepAsked, done: Stepped): void {
  new Steps(clock, gate, asked, done).start();
}

class Steps {
  readonly #answers: StepAnswer[] = [];
  readonly #timer;
  #next = 0;
  #answered = 0;
  #ended = false;

  constructor(
    clock: Clock,
    private readonly gate: Gate,
    private readonly asked: StepAsked,
    private readonly done: Stepped,
  ) {
    const late = reject(Code.unavailable, `partition ${gate.partition} did not answer in time`);
    this.#timer = {clock, id: clock.setTimeout(() => this.#end(late), TIMEOUT_MS)};
  }

  start(): void {
    if (this.asked.objects.length === 0) {
      this.#end([]);
    }

    while (this.#next < Math.min(AT_ONCE, this.asked.objects.length)) {
      this.#takeNext();
    }
  }

  #takeNext(): void {
    const {gate, asked} = this;
    const at = this.#next;
    const object = asked.objects[at];
    this.#next += 1;
    if (object === undefined || this.#ended) {
      return;
    }

    const done = (answer: StepAnswer | Rejection) => {
      if (typeof answer === 'object') {
        this.#end(answer);
      } else {
        this.#answer(at, answer);
      }
    };
    const rejection = gate.post({kind: 'purge', step: asked.step, ...object, done}, gate.epoch);
    if (rejection !== null) {
      this.#end(rejection);
    }
  }

  #answer(at: number, answer: StepAnswer): void {
    this.#answers[at] = answer;
    this.#answered += 1;
    if (this.#answered === this.asked.objects.length) {
      this.#end(this.#answers);
    } else {
      this.#takeNext();
    }
  }

  #end(answers: readonly StepAnswer[] | Rejection): void {
    if (!this.#ended) {
      this.#ended = true;
      this.#timer.clock.clearTimeout(this.#timer.id);
      this.done(answers);
    }
  }
}
