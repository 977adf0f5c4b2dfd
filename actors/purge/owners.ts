/**
 * Asks all owners of some objects to take one step of the purge, this host's own vnode among them.
 *
 * Invariant: only what every single owner has answered as hoped comes through; one that cannot
 * answer lets nothing through.
 */
import {Code} from '../../src/errors.js';
import type {Clock} from '../../src/ports/clock.js';
import {ITEM} from '../../src/wire/host-items.js';
import {
  decodeStepTold,
  encodeStepAsked,
  PURGE_QUESTION,
  type StepAnswer,
  type StepAsked,
} from '../../src/wire/purge-questions.js';
import type {Errands} from '../link/errands.js';
import type {Gate} from '../partition/gate.js';
import type {Grave} from './graves.js';
import {takeStep} from './steps.js';

export type OwnersPorts = {
  readonly self: string;
  readonly clock: Clock;
  readonly errands: Pick<Errands, 'ask'>;
};

/** Those that came through, and why others may not have; '' when it was not for want of answers. */
export type CameThrough = (graves: readonly Grave[], why: string) => void;

/** For more than a step takes at the other end (steps.ts), and the way. */
const STEP_MS = 15_000;

/** All `graves` lie in the gate's partition. Never ends before return. */
export function askOwners(
  ports: OwnersPorts,
  gate: Gate,
  owners: readonly string[],
  step: StepAsked['step'],
  graves: readonly Grave[],
  hoped: ReadonlySet<StepAnswer>,
  done: CameThrough,
): void {
  const {self, clock, errands} = ports;
  const asked: StepAsked = {step, objects: graves};
  let through = graves;
  let why = '';
  let left = owners.length;
  const take = (owner: string, answers: readonly StepAnswer[] | null, text: string): void => {
    const good = graves.filter((_, at) => answers !== null && hoped.has(answers[at]!));
    through = through.filter(grave => good.includes(grave));
    why = answers === null && why === '' ? `${owner}: ${text}` : why;
    left -= 1;
    if (left === 0) {
      done(through, why);
    }
  };
  if (owners.length === 0) {
    clock.endOfTurn(() => done(graves, ''));
  }

  for (const owner of owners) {
    if (owner === self) {
      takeStep(clock, gate, asked, answers =>
        'code' in answers ? take(owner, null, answers.text) : take(owner, answers, ''),
      );
      continue;
    }

    errands.ask(
      owner,
      no => [ITEM.ask, no, gate.partition, gate.epoch, PURGE_QUESTION.step, encodeStepAsked(asked)],
      STEP_MS,
      answer => {
        const isTold = answer?.[0] === ITEM.told;
        const body = isTold && answer[2] === Code.ok ? answer[4] : null;
        const answers = body === null ? null : decodeStepTold(body, graves.length);
        take(owner, answers, isTold ? answer[3] : 'no answer');
      },
    );
  }
}
