/**
 * What clients did and what they were told, in virtual time: the one truth that checkers judge
 * hosts by.
 *
 * An operation is what a client wants; it is tried in one or more attempts. A claim is what a host
 * said to an attempt, noted when it left the host: whether the client ever heard it makes it no
 * less of a promise.
 */
import {hashMessageId} from '../causality/message-id.js';
import type {Verb} from '../subjects.js';

export type Claim = {
  readonly host: string;
  readonly atMs: number;
  readonly code: number;
  readonly text: string;
  /** Values that were shown; all siblings only if the attempt asked for them. */
  readonly values: readonly Uint8Array[];
  /** '' for none. */
  readonly context: string;
  readonly acks: number;
  readonly slots: number;
  /** '' when nothing was said: the request was turned down at the edge. */
  readonly outcome: string;
};

export type Attempt = {
  readonly no: number;
  readonly operation: Operation;
  /** The host that was addressed, or 'broker' for a plain request. */
  readonly via: string;
  readonly sentMs: number;
  /** A get that wants all siblings. */
  readonly wantsAll: boolean;
  readonly claims: Claim[];
  /** How many answers the client heard, the broker's word that nobody listens among them. */
  heard: number;
  /** When the client took an answer or gave up; null while it waits. */
  endedMs: number | null;
};

export type Intent = {
  readonly client: string;
  readonly verb: Verb;
  /** Canonical `bucket.key`. */
  readonly name: string;
  /** Nats-Msg-Id, '' for none. */
  readonly id: string;
  /** A token, 'none', or '' for a blind write. */
  readonly context: string;
  /** As the client spells them; '' leaves them to the bucket. */
  readonly r: string;
  readonly w: string;
};

export type Operation = Intent & {
  readonly no: number;
  readonly invokedMs: number;
  readonly attempts: Attempt[];
};

export class History {
  readonly operations: Operation[] = [];
  readonly attempts: Attempt[] = [];
  readonly #byId = new Map<string, Operation>();

  invoke(intent: Intent, invokedMs: number): Operation {
    const operation = {...intent, no: this.operations.length, invokedMs, attempts: []};
    this.operations.push(operation);
    if (intent.id !== '') {
      this.#byId.set(hashMessageId(intent.id), operation);
    }

    return operation;
  }

  attempt(operation: Operation, via: string, sentMs: number, wantsAll: boolean): Attempt {
    const no = this.attempts.length;
    const attempt = {no, operation, via, sentMs, wantsAll, claims: [], heard: 0, endedMs: null};
    this.attempts.push(attempt);
    operation.attempts.push(attempt);
    return attempt;
  }

  /** The put that wrote a value; null for a value that nobody wrote. */
  writerOf(value: Uint8Array): Operation | null {
    const [tag = ''] = Buffer.from(value).toString('latin1').split(' ', 1);
    const operation = this.operations[Number(tag.slice(1))];
    return operation !== undefined && tagOf(operation) === tag && operation.verb === 'put'
      ? operation
      : null;
  }

  /** By the id as it is stored. */
  withHashedId(id: string): Operation | null {
    return this.#byId.get(id) ?? null;
  }
}

/** What a value starts with, up to the first space, says which operation wrote it. */
export function tagOf({no}: Operation): string {
  return `v${no}`;
}

export function claimsOf({attempts}: Operation): Claim[] {
  return attempts.flatMap(({claims}) => claims);
}

export function describe({no, verb, name, client, context}: Operation): string {
  const how =
    context === '' ? 'blind' : context === 'none' ? 'having seen nothing' : 'with context';
  return `${verb} #${no} of ${name} by ${client} (${how})`;
}
