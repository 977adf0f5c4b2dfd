/**
 * What this host answers to whoever purges, itself included: steps at its vnodes, and what it may
 * still have of anything that was deleted.
 *
 * Invariants:
 *   1. Nothing is answered under another epoch than this host's.
 *   2. That nothing is kept is said only once the removal of what was kept is synced, and with it
 *      every mark, whatever the durability: or a restart would find it again (T16, T17).
 */
import {Code, reject, type Rejection} from '../../src/errors.js';
import type {Clock} from '../../src/ports/clock.js';
import type {GroupCommit} from '../../src/store/group-commit.js';
import {ITEM, type AnswerPeer, type AskItem} from '../../src/wire/host-items.js';
import {
  decodeKeptAsked,
  decodeStepAsked,
  encodeKeptTold,
  encodeStepTold,
  PURGE_QUESTION,
  type KeptTold,
} from '../../src/wire/purge-questions.js';
import type {Gate} from '../partition/gate.js';
import type {Settling} from './settling.js';
import {takeStep} from './steps.js';

export type HostAnswerPorts = {
  readonly clock: Clock;
  readonly commits: Pick<GroupCommit, 'whenSynced'>;
  readonly gates: ReadonlyMap<number, Gate>;
  /** Of the topology. */
  readonly epoch: number;
  readonly settling: Settling;
  /** null while it is not known what is kept. */
  readonly kept: (partitions: readonly number[]) => KeptTold | null;
};

type Tell = (body: Uint8Array) => void;
type Refuse = (rejection: Rejection) => void;

const NOTHING = new Uint8Array(0);
const MALFORMED = reject(Code.badRequest, 'the question cannot be read');

export class HostAnswers {
  constructor(private readonly ports: HostAnswerPorts) {}

  /** False for a question that is not the purge's. */
  take([, no, partition, epoch, question, body]: AskItem, answer: AnswerPeer): boolean {
    const tell: Tell = told => answer([ITEM.told, no, Code.ok, '', told]);
    const refuse: Refuse = ({code, text}) => answer([ITEM.told, no, code, text, NOTHING]);
    switch (question) {
      case PURGE_QUESTION.step:
        this.#step(partition, epoch, body, tell, refuse);
        return true;
      case PURGE_QUESTION.settle:
      case PURGE_QUESTION.kept:
        if (epoch !== this.ports.epoch) {
          refuse(reject(Code.unavailable, `stale epoch: the topology is not at ${epoch} here`));
        } else if (question === PURGE_QUESTION.settle) {
          this.#settle(tell, refuse);
        } else {
          this.#kept(body, tell, refuse);
        }

        return true;
      default:
        return false;
    }
  }

  settle(done: (isSettled: boolean) => void): void {
    this.ports.settling.settle(done);
  }

  /** null when it cannot be told. Never answers before return. */
  kept(partitions: readonly number[], done: (told: KeptTold | null) => void): void {
    const {clock, commits, kept} = this.ports;
    // At the end of the turn removals join the commit that gathers.
    clock.endOfTurn(() => {
      const before = kept(partitions);
      clock.endOfTurn(() =>
        commits.whenSynced(failure => {
          const after = kept(partitions);
          const isKnown = failure === null && before !== null && after?.stamp === before.stamp;
          const both = [...(before?.partitions ?? []), ...(after?.partitions ?? [])];
          done(isKnown ? {...before, partitions: [...new Set(both)]} : null);
        }),
      );
    });
  }

  #step(partition: number, epoch: number, body: Uint8Array, tell: Tell, refuse: Refuse): void {
    const gate = this.ports.gates.get(partition);
    const asked = decodeStepAsked(body);
    if (asked === null) {
      refuse(MALFORMED);
    } else if (gate?.epoch !== epoch) {
      refuse(reject(Code.unavailable, `stale epoch: ${partition} is not at epoch ${epoch} here`));
    } else {
      takeStep(this.ports.clock, gate, asked, answers => {
        if ('code' in answers) {
          refuse(answers);
        } else {
          tell(encodeStepTold(answers));
        }
      });
    }
  }

  #settle(tell: Tell, refuse: Refuse): void {
    this.settle(isSettled => {
      if (isSettled) {
        tell(NOTHING);
      } else {
        refuse(reject(Code.unavailable, 'this host cannot reach all others'));
      }
    });
  }

  #kept(body: Uint8Array, tell: Tell, refuse: Refuse): void {
    const partitions = decodeKeptAsked(body);
    if (partitions === null) {
      refuse(MALFORMED);
      return;
    }

    this.kept(partitions, told => {
      if (told === null) {
        refuse(reject(Code.unavailable, 'this host does not know yet what it keeps'));
      } else {
        tell(encodeKeptTold(told));
      }
    });
  }
}
