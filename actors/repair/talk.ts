/**
 * Talk: what one exchange says to the other owner, and what both of them share. Counts every byte.
 *
 * Invariants:
 *   1. Every question ends, with the answer's body or with the reason why there is none.
 *   2. Once the vnode here was restarted or closed nothing more is asked: its trees are others.
 *   3. What breaks while an answer is worked on breaks the exchange, not the host.
 */
import {Code} from '../../src/errors.js';
import type {Forest} from '../../src/merkle/forest.js';
import type {Clock} from '../../src/ports/clock.js';
import {ITEM} from '../../src/wire/host-items.js';
import {QUESTION} from '../../src/wire/repair-questions.js';
import type {Errands} from '../link/errands.js';
import type {Gate} from '../partition/gate.js';

export type TalkPorts = {
  readonly clock: Clock;
  readonly errands: Pick<Errands, 'ask'>;
  readonly gate: Gate;
  readonly peer: string;
  /** A bug was met. */
  readonly broken: (cause: unknown) => void;
};

/** Not thrown: the other owner is down, busy, or has another epoch; the next exchange will tell. */
export type Refused = {readonly refused: string; readonly code: number};

/** For what is answered from memory. Bulk may be lost, and its sender hears nothing of that. */
const QUICK_MS = 500;
/** Reading leaves is paced, so that an answer may take its time. */
const READING_MS = 30_000;
const READING: ReadonlySet<number> = new Set([QUESTION.sketches, QUESTION.list, QUESTION.pull]);
/** About what an item takes besides its body. */
const ITEM_BYTES = 32;

export class Talk {
  /** Both ways, objects included. */
  bytes = 0;
  readonly #trees: Forest | null;

  constructor(private readonly ports: TalkPorts) {
    this.#trees = ports.gate.trees;
  }

  get peer(): string {
    return this.ports.peer;
  }

  get gate(): Gate {
    return this.ports.gate;
  }

  /** null once the vnode is another or none. */
  get trees(): Forest | null {
    return this.ports.gate.trees === this.#trees ? this.#trees : null;
  }

  ask(
    question: number,
    body: Uint8Array,
    answered: (body: Uint8Array) => void,
    failed: (refused: Refused) => void,
  ): void {
    const {clock, errands, gate, peer} = this.ports;
    if (this.trees === null) {
      const refused = {refused: 'the vnode here was restarted', code: Code.unavailable};
      clock.endOfTurn(() => failed(refused));
      return;
    }

    this.bytes += body.length + ITEM_BYTES;
    errands.ask(
      peer,
      no => [ITEM.ask, no, gate.partition, gate.epoch, question, body],
      READING.has(question) ? READING_MS : QUICK_MS,
      this.safely(answer => {
        if (answer?.[0] !== ITEM.told) {
          failed({refused: `${peer} did not answer`, code: Code.unavailable});
          return;
        }

        const [, , code, text, told] = answer;
        this.bytes += told.length + ITEM_BYTES;
        if (code !== Code.ok) {
          failed({refused: text, code});
        } else if (this.trees === null) {
          failed({refused: 'the vnode here was restarted', code: Code.unavailable});
        } else {
          answered(told);
        }
      }),
    );
  }

  later(delayMs: number, work: () => void): void {
    this.ports.clock.setTimeout(this.safely(work), delayMs);
  }

  safely<Arguments extends readonly unknown[]>(
    work: (...given: Arguments) => void,
  ): (...given: Arguments) => void {
    return (...given) => {
      try {
        work(...given);
      } catch (error) {
        this.ports.broken(error);
      }
    };
  }
}
