/** Answers in the making: the honest account of what a quorum did or did not do. */
import type {StoredObject} from '../../src/causality/object.js';
import type {Code} from '../../src/errors.js';
import type {Tally} from '../../src/quorum/tally.js';
import type {Answer, Outcome, Request} from './coordinator.messages.js';

export function success(
  code: Code,
  object: StoredObject | null,
  tally: Tally,
  request: Request,
): Answer {
  return {
    code,
    text: '',
    object,
    acks: tally.acks,
    slots: request.n,
    outcome: outcomeOf(request),
  };
}

export function failure(code: Code, text: string, tally: Tally, request: Request): Answer {
  return {...refusal(code, text, request.n), acks: tally.acks, outcome: outcomeOf(request)};
}

/** For a request that was turned down before any replica was asked. */
export function refusal(code: Code, text: string, slots: number): Answer {
  return {code, text, object: null, acks: 0, slots, outcome: 'strict'};
}

/** R + W <= N: a read need not meet a write, so nothing about it may be called strict. */
function outcomeOf({r, w, n}: Request): Outcome {
  return r + w > n ? 'strict' : 'weak';
}
