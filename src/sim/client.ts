/**
 * A simulated client with a connection of its own: sends plain requests and frames, tries again as
 * a careful client does, and notes in the history what it did and heard.
 *
 * Invariants:
 *   1. A write whose outcome is unknown is tried again only under an id, and then under the same
 *      one.
 *   2. It waits for an answer no longer than it told the host, and a little more.
 */
import {HEADER} from '../edge/plain-requests.js';
import {splitName} from '../keys.js';
import type {Clock} from '../ports/clock.js';
import type {Message, Transport} from '../ports/transport.js';
import type {Subjects} from '../subjects.js';
import {encodeOps, type ClientOp} from '../wire/client-frames.js';
import {tagOf, type Attempt, type History, type Intent, type Operation} from './history.js';
import {headerOfMessage, inboxOf, readReplies, type Told} from './reply.js';

export type ClientParts = {
  readonly id: string;
  readonly clock: Clock;
  readonly transport: Transport;
  readonly subjects: Subjects;
  readonly history: History;
  /** Hosts that a frame for a key may be sent to, owners first. */
  readonly hostsOf: (name: string) => readonly string[];
  /** What hosts are told to answer within. */
  readonly timeoutMs: number;
};

export type Wish = Intent & {
  /** 'broker' sends a plain request. */
  readonly via: 'broker' | 'frame';
  readonly wantsAll: boolean;
  readonly paddingBytes: number;
};

/** What the client made of it in the end; null when nobody answered. */
export type Ended = (operation: Operation, told: Told | null) => void;

type Waiting = {readonly attempt: Attempt; readonly end: (told: Told | null) => void};

const PATIENCE_MS = 100;
const TRIES_MAX = 4;
const BACKOFF_MS = 30;

export class SimClient {
  readonly #waiting = new Map<number, Waiting>();

  constructor(private readonly parts: ClientParts) {
    const {transport, id} = parts;
    transport.subscribe(inboxOf(id, '>'), {}, message => this.#hear(message));
  }

  get id(): string {
    return this.parts.id;
  }

  /** Several wishes for frames leave in one frame a host; each ends by itself. */
  begin(wishes: readonly Wish[], ended: Ended): void {
    const frames = new Map<string, ClientOp[]>();
    for (const wish of wishes) {
      const operation = this.parts.history.invoke(wish, this.parts.clock.nowMs());
      this.#try(operation, wish, frames, ended);
    }

    this.#sendFrames(frames);
  }

  #try(operation: Operation, wish: Wish, frames: Map<string, ClientOp[]>, ended: Ended): void {
    const {history, clock, timeoutMs} = this.parts;
    const tries = operation.attempts.length;
    const via = wish.via === 'broker' ? 'broker' : this.#hostFor(operation, tries);
    const attempt = history.attempt(operation, via, clock.nowMs(), wish.wantsAll);
    const timer = clock.setTimeout(() => this.#end(attempt.no, null), timeoutMs + PATIENCE_MS);
    this.#waiting.set(attempt.no, {
      attempt,
      end: told => {
        clock.clearTimeout(timer);
        if (shouldRetry(operation, told)) {
          clock.setTimeout(() => {
            const again = new Map<string, ClientOp[]>();
            this.#try(operation, wish, again, ended);
            this.#sendFrames(again);
          }, BACKOFF_MS);
        } else {
          ended(operation, told);
        }
      },
    });
    if (via === 'broker') {
      this.#sendPlain(attempt, wish);
    } else {
      frames.set(via, [...(frames.get(via) ?? []), frameOp(attempt, wish, timeoutMs)]);
    }
  }

  /** Each try asks another owner; now and then a host that is none. */
  #hostFor({name, no}: Operation, tries: number): string {
    const hosts = this.parts.hostsOf(name);
    return hosts[(no + tries) % hosts.length] ?? '';
  }

  #sendPlain(attempt: Attempt, wish: Wish): void {
    const {transport, subjects, id, timeoutMs} = this.parts;
    const {verb, name} = wish;
    const headers = Object.entries({
      [HEADER.r]: wish.r,
      [HEADER.w]: wish.w,
      [HEADER.context]: wish.context,
      [HEADER.timeoutMs]: String(timeoutMs),
      [HEADER.id]: wish.id,
      [HEADER.accept]: wish.wantsAll ? 'siblings' : '',
    }).filter(([, value]) => value !== '');
    transport.publish(subjects.plain(verb, name), valueOf(attempt, wish), {
      reply: inboxOf(id, attempt.no),
      headers,
    });
  }

  #sendFrames(frames: ReadonlyMap<string, readonly ClientOp[]>): void {
    const {transport, subjects, id} = this.parts;
    for (const [host, ops] of frames) {
      transport.publish(subjects.client(host), encodeOps(ops), {reply: inboxOf(id, 'frames')});
    }
  }

  #hear(message: Message): void {
    if (message.unheard) {
      this.#unheard(message.subject);
      return;
    }

    for (const {attemptNo, told} of readReplies(
      message.subject,
      message.payload,
      headerOfMessage(message),
    )) {
      const attempt = this.parts.history.attempts[attemptNo];
      if (attempt !== undefined) {
        attempt.heard += 1;
        this.#end(attemptNo, told);
      }
    }
  }

  /** Of a frame the broker does not say which: whoever waits for it runs into its timeout. */
  #unheard(subject: string): void {
    const attemptNo = Number(subject.slice(subject.lastIndexOf('.') + 1));
    const waiting = this.#waiting.get(attemptNo);
    if (waiting !== undefined) {
      waiting.attempt.heard += 1;
      this.#end(attemptNo, null);
    }
  }

  #end(attemptNo: number, told: Told | null): void {
    const waiting = this.#waiting.get(attemptNo);
    if (waiting !== undefined) {
      this.#waiting.delete(attemptNo);
      waiting.attempt.endedMs = this.parts.clock.nowMs();
      waiting.end(told);
    }
  }
}

function shouldRetry({attempts, verb, id}: Operation, told: Told | null): boolean {
  if (attempts.length >= TRIES_MAX) {
    return false;
  }

  const isRefused = told?.code === 429;
  const isUnknown = told === null || told.code === 503 || told.code === 504;
  return isRefused || (isUnknown && (verb === 'get' || id !== ''));
}

function frameOp(attempt: Attempt, wish: Wish, timeoutMs: number): ClientOp {
  const {verb, name, r, w, context, id} = wish;
  const {bucket, key} = splitName(name);
  const value = verb === 'put' ? valueOf(attempt, wish) : null;
  return [attempt.no, verb, bucket, key, value, [r, w, context, String(timeoutMs), id]];
}

/** Unique to its operation, so that it can be traced wherever it turns up. */
function valueOf({operation}: Attempt, {verb, paddingBytes}: Wish): Uint8Array {
  return Buffer.from(verb === 'put' ? `${tagOf(operation)} ${'.'.repeat(paddingBytes)}` : '');
}
