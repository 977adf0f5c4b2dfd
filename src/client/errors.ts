/**
 * Every way a call of the client can fail, one class a situation. `code` is the protocol's number,
 * `message` says what was wrong and what to do, and `attempts` tells where the request had been.
 *
 * Invariant: only `OutcomeUnknown` (and `ConnectionLost`, which is one) leaves open whether a write
 * was carried out in full. A `BadRequest`, `TooLarge`, `Overloaded` or `NotConnected` applied
 * nothing; an `Unavailable` applied nothing or on fewer owners than asked for, and says which.
 */
import {Code, type Rejection} from '../errors.js';

/** One try at one host, and how it ended: a protocol code, or why there is none. */
export type Attempt = {
  readonly host: string;
  readonly ended: number | 'unheard' | 'silent' | 'disconnected';
};

export type ErrorDetails = {
  readonly attempts?: readonly Attempt[];
  /** Owners that had done their part when the request ended, of `slots`. */
  readonly acks?: number;
  readonly slots?: number;
  /** Of a put or delete: give it again to retry without the danger of doing it twice. */
  readonly id?: string;
};

export class QuorateError extends Error {
  override readonly name: string = 'QuorateError';
  readonly attempts: readonly Attempt[];
  readonly acks: number;
  readonly slots: number;
  readonly id: string;

  constructor(
    readonly code: Code,
    message: string,
    {attempts = [], acks = 0, slots = 0, id = ''}: ErrorDetails = {},
  ) {
    super(message);
    this.attempts = attempts;
    this.acks = acks;
    this.slots = slots;
    this.id = id;
  }
}

/** 400: a key, bucket, option or context that cannot be. The same request fails again. */
export class BadRequest extends QuorateError {
  override readonly name = 'BadRequest';
}

/** 413: a key or value over its limit, or a key with too many siblings. */
export class TooLarge extends QuorateError {
  override readonly name = 'TooLarge';
}

/**
 * 429: the hosts, or this client, have all the work they can hold. Nothing was applied: retry
 * later.
 */
export class Overloaded extends QuorateError {
  override readonly name = 'Overloaded';
}

/** 503: too few owners can be reached for the wanted quorum. */
export class Unavailable extends QuorateError {
  override readonly name: string = 'Unavailable';
}

/** 503: there is no connection to a broker, and the request never left. Nothing was applied. */
export class NotConnected extends Unavailable {
  override readonly name = 'NotConnected';
}

/**
 * 504: the time was over before the outcome was known. Retry with the same id, within two minutes.
 */
export class OutcomeUnknown extends QuorateError {
  override readonly name: string = 'OutcomeUnknown';
}

/** 504: the connection was lost with the request on its way, and did not come back in time. */
export class ConnectionLost extends OutcomeUnknown {
  override readonly name = 'ConnectionLost';
}

/** The class for a code that a host answered with. */
export function errorOf({code, text}: Rejection, details: ErrorDetails = {}): QuorateError {
  switch (code) {
    case Code.badRequest:
      return new BadRequest(code, text, details);
    case Code.tooLarge:
      return new TooLarge(code, text, details);
    case Code.overloaded:
      return new Overloaded(code, text, details);
    case Code.unavailable:
      return new Unavailable(code, text, details);
    case Code.unknownOutcome:
      return new OutcomeUnknown(code, text, details);
    default:
      return new QuorateError(code, text, details);
  }
}
