/**
 * One request from the call to its end: where it has been, what it was told, and what that adds up
 * to.
 */
import {Code, type Rejection} from '../errors.js';
import {TIMEOUT_MS_MAX} from '../edge/request-options.js';
import type {Verb} from '../subjects.js';
import type {ClientOp, ClientResult} from '../wire/client-frames.js';
import {
  type Attempt,
  ConnectionLost,
  errorOf,
  NotConnected,
  OutcomeUnknown,
  type QuorateError,
} from './errors.js';

/** Options are spelled as on the wire, '' for what was not said. */
export type Order = {
  readonly verb: Verb;
  readonly bucket: string;
  readonly key: string;
  readonly value: Uint8Array | null;
  readonly r: string;
  readonly w: string;
  readonly context: string;
  readonly id: string;
  readonly monotonic: string;
  readonly timeoutMs: number;
};

/** A success, or that there is no such key; everything else is an error. */
export type Outcome = {readonly result: ClientResult; readonly epoch: number};

export type Problem = Rejection & {readonly acks: number; readonly slots: number};

/** Hosts get this part of what is left, so that their account of what happened arrives in time. */
const HOST_PART = 0.9;

/** Remembered for the error's details. */
const ATTEMPTS_KEPT = 16;

/** Of most requests: a list is made by those that need one. */
const NONE: readonly never[] = [];

export class Pending {
  /** Of the latest attempt. */
  no = 0;
  host = '';
  /** The frame that carried it, 0 before it has left. */
  frame = 0;
  sentAtMs = 0;
  /** An empty frame has followed it to the same host. */
  isProbed = false;
  /** Whether the latest attempt may still be answered. */
  isLive = false;
  /** Earlier attempts whose success would still be good news. */
  older: readonly number[] = NONE;
  /** Hosts of this round; a round is over when all owners had their turn. */
  tried: readonly string[] = NONE;
  rounds = 0;
  /** A host has said that too few owners can be reached. */
  isRefused = false;
  /** In this round a host has said that it has all the work it can take on. */
  isShed = false;
  /** When to go on; Infinity while something else decides that. */
  retryAtMs = Number.POSITIVE_INFINITY;
  /** An attempt may have been carried out, though nobody said so. */
  isUnsure = false;
  #problem: Problem | null = null;
  #attempts: readonly Attempt[] = NONE;

  constructor(
    readonly order: Order,
    readonly deadlineMs: number,
    readonly done: (ended: Outcome | QuorateError) => void,
  ) {}

  /** The latest attempt, as it travels. */
  operation(): ClientOp {
    const {verb, bucket, key, value, r, w, context, id, monotonic} = this.order;
    const leftMs = Math.floor((this.deadlineMs - this.sentAtMs) * HOST_PART);
    const timeoutMs = String(Math.min(TIMEOUT_MS_MAX, Math.max(1, leftMs)));
    return monotonic === ''
      ? [this.no, verb, bucket, key, value, [r, w, context, timeoutMs, id]]
      : [this.no, verb, bucket, key, value, [r, w, context, timeoutMs, id, monotonic]];
  }

  /**
   * The latest attempt is over. Of several problems the one that got furthest is told in the end.
   */
  ended(how: Attempt['ended'], problem: Problem): void {
    if (this.#attempts.length < ATTEMPTS_KEPT) {
      this.#attempts = [...this.#attempts, {host: this.host, ended: how}];
    }

    this.isLive = false;
    this.note(problem);
  }

  /**
   * A problem, of an attempt or of none. What a host said counts more than that none could be
   * heard.
   */
  note(problem: Problem): void {
    const known = this.#problem;
    const isTold = problem.slots > 0 || known?.slots === 0;
    if (known === null || problem.acks > known.acks || (problem.acks === known.acks && isTold)) {
      this.#problem = problem;
    }
  }

  /** Why it ends now. A write that may have been carried out is never called a failure. */
  failure(connected: boolean): QuorateError {
    const {order, host} = this;
    const isWrite = order.verb !== 'get';
    const problem = this.#problem;
    const {acks = 0, slots = 0} = problem ?? {};
    const attempts = this.isLive
      ? [...this.#attempts, {host, ended: 'silent' as const}]
      : this.#attempts;
    const details = {attempts, acks, slots, id: order.id};
    const advice = isWrite ? '; the write may still become visible: retry with the same id' : '';
    const isUnknown = this.isLive || (this.isUnsure && (isWrite || problem === null));
    if (!connected || attempts.at(-1)?.ended === 'disconnected') {
      const lost = 'the connection to the broker was lost with the request on its way';
      return this.isLive || this.isUnsure
        ? new ConnectionLost(Code.unknownOutcome, `${lost}${advice}`, details)
        : new NotConnected(Code.unavailable, NOT_CONNECTED, details);
    }

    if (problem !== null && !isUnknown) {
      return errorOf(problem, details);
    }

    const text = this.isLive
      ? `no answer from ${host} in time`
      : `one of several attempts may have been carried out; the last answer: ${problem?.text}`;
    if (problem?.code === Code.unknownOutcome) {
      return errorOf(problem, details);
    }

    return new OutcomeUnknown(Code.unknownOutcome, `${text}${advice}`, details);
  }
}

const NOT_CONNECTED = 'there is no connection to a broker; nothing was sent';
