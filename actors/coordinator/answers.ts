/** Answers in the making: the honest account of what a quorum did or did not do. */
import type {StoredObject} from '../../src/causality/object.js';
import type {Code} from '../../src/errors.js';
import type {Tally} from '../../src/quorum/tally.js';
import type {Answer, Outcome, Request} from './coordinator.messages.js';

/** What a flight has to show for itself. */
export type Account = {
  readonly request: Request;
  readonly tally: Tally;
  /** Whether a stand-in was counted. */
  readonly hasStandIn: boolean;
};

export function success(code: Code, object: StoredObject | null, account: Account): Answer {
  const {tally, request} = account;
  return {
    code,
    text: '',
    object,
    acks: tally.acks,
    slots: request.n,
    outcome: outcomeOf(account),
  };
}

export function failure(code: Code, text: string, account: Account): Answer {
  const {tally, request} = account;
  return {...refusal(code, text, request.n), acks: tally.acks, outcome: outcomeOf(account)};
}

/** For a request that was turned down before any replica was asked. */
export function refusal(code: Code, text: string, slots: number): Answer {
  return {code, text, object: null, acks: 0, slots, outcome: 'strict'};
}

/**
 * R + W <= N: a read need not meet a write, so nothing about it may be called strict. Neither need
 * it when a stand-in was counted in place of an owner, however many there are.
 */
function outcomeOf({request: {r, w, n}, hasStandIn}: Account): Outcome {
  if (hasStandIn) {
    return 'sloppy';
  }

  return r + w > n ? 'strict' : 'weak';
}
