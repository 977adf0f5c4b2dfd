/**
 * The client: gets, puts and deletes, sent straight to the hosts that own their keys.
 *
 *   const client = await connect();
 *   const {context} = await client.put('users', 'alice', '{"name":"Alice"}');
 *   const alice = await client.get('users', 'alice');
 *   if (alice.found) console.log(alice.json());
 *   await client.close();
 *
 * Every call resolves, or rejects with one of the classes in errors.ts, within its time. Calls of
 * one turn of the event loop travel together, so start many and await them together. A value must
 * not be changed before its put has ended. When the connection is lost, what is under way waits for
 * it to come back and is sent again with the same id; what is not back in time ends as
 * `ConnectionLost`.
 */
import {Code} from '../errors.js';
import {MESSAGE_ID_CHARACTERS_MAX, TIMEOUT_MS_MAX} from '../edge/request-options.js';
import {encodeKey, KeyError} from '../keys.js';
import type {Clock} from '../ports/clock.js';
import type {Random} from '../ports/random.js';
import type {Transport} from '../ports/transport.js';
import type {Subjects, Verb} from '../subjects.js';
import type {PublicTopology} from '../topology/document.js';
import {decodeClientReply, encodeAsk} from '../wire/client-frames.js';
import {Directory} from './directory.js';
import {
  BadRequest,
  errorOf,
  NotConnected,
  OutcomeUnknown,
  type QuorateError,
  Unavailable,
} from './errors.js';
import {Inbox} from './inbox.js';
import type {CommonOptions, DeleteOptions, GetOptions, Key, WriteOptions} from './options.js';
import type {Order, Outcome} from './pending.js';
import {Questions} from './questions.js';
import {Requests} from './requests.js';
import {type Got, gotOf, type Written, writtenOf} from './results.js';

export type ClientPorts = {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly random: Random;
};

export type ClientConfig = {
  readonly subjects: Subjects;
  readonly inboxPrefix: string;
  readonly timeoutMs: number;
  /** Calls past this many reject at once with `Overloaded`. */
  readonly inFlightMax: number;
};

type Options = CommonOptions & GetOptions & WriteOptions;

const NOTHING = new Uint8Array(0);

export class Client {
  readonly #ports: ClientPorts;
  readonly #config: ClientConfig;
  readonly #inbox: Inbox;
  readonly #questions: Questions;
  readonly #directory: Directory;
  readonly #requests: Requests;
  readonly #idPrefix: string;
  #lastId = 0;
  #closing: Promise<void> | null = null;

  /** Use `connect`, unless the ports are your own. The transport then belongs to the client. */
  constructor(ports: ClientPorts, config: ClientConfig) {
    const {transport, clock, random} = ports;
    this.#ports = ports;
    this.#config = config;
    this.#inbox = new Inbox(transport, random, config.inboxPrefix, {
      onHost: (host, message) => this.#requests.onMessage(host, message),
      onAnswer: (no, message) => this.#questions.onAnswer(no, message),
    });
    this.#questions = new Questions(transport, clock, no => this.#inbox.ofQuestion(no));
    this.#directory = new Directory(this.#questions, clock, config.subjects);
    this.#requests = new Requests({
      ...ports,
      ...config,
      directory: this.#directory,
      replyTo: host => this.#inbox.ofHost(host),
    });
    this.#idPrefix = Buffer.from(random.bytes(12)).toString('base64url');
  }

  get isConnected(): boolean {
    return this.#ports.transport.connected;
  }

  async get(bucket: string, key: Key, options: GetOptions = {}): Promise<Got> {
    const {result, epoch} = await this.#request('get', bucket, key, null, '', options);
    return gotOf(result, epoch);
  }

  /** A text is stored as UTF-8. */
  async put(
    bucket: string,
    key: Key,
    value: Uint8Array | string,
    options: WriteOptions = {},
  ): Promise<Written> {
    const id = options.id ?? this.newId();
    const bytes = typeof value === 'string' ? Buffer.from(value) : value;
    const {result, epoch} = await this.#request('put', bucket, key, bytes, id, options);
    return writtenOf(result, epoch, id);
  }

  /** Deleting what is not there succeeds. */
  async delete(bucket: string, key: Key, options: DeleteOptions = {}): Promise<Written> {
    const id = options.id ?? this.newId();
    const {result, epoch} = await this.#request('del', bucket, key, null, id, options);
    return writtenOf(result, epoch, id);
  }

  /** An id that no other write has, for `WriteOptions.id`. */
  newId(): string {
    this.#lastId += 1;
    return `${this.#idPrefix}.${this.#lastId}`;
  }

  /** As the hosts know it now. */
  async topology(): Promise<PublicTopology> {
    this.#mustBeOpen();
    const {name, isTold} = await new Promise<{name: string; isTold: boolean}>(resolve => {
      const {root} = this.#config.subjects;
      this.#directory.learn(lesson => resolve({name: root, isTold: lesson === 'learnt'}));
    });
    if (isTold && this.#directory.topology !== null) {
      return this.#directory.topology;
    }

    const text = `no host of a cluster '${name}' answers at this broker`;
    const asked = `${text}: is it started, is the name right?`;
    throw this.isConnected ? new Unavailable(Code.unavailable, asked) : notConnected();
  }

  /**
   * One of the questions of edge/questions.ts, for tools: `status`, `actors`, `counters`,
   * `failpoint`.
   */
  async ask(
    host: string,
    question: string,
    parameter: unknown = null,
    options: CommonOptions = {},
  ): Promise<unknown> {
    this.#mustBeOpen();
    const timeoutMs = timeoutOf(options.timeoutMs ?? this.#config.timeoutMs);
    if (!this.isConnected) {
      throw notConnected();
    }

    return await new Promise((resolve, reject) => {
      const subject = this.#config.subjects.client(host);
      this.#questions.ask(subject, encodeAsk(question, parameter), timeoutMs, answer => {
        const reply = answer.kind === 'answered' ? decodeClientReply(answer.payload) : null;
        if (reply?.kind === 'told') {
          resolve(reply.answer);
        } else if (reply?.kind === 'refused') {
          reject(new BadRequest(Code.badRequest, reply.text));
        } else if (answer.kind === 'unheard') {
          reject(new Unavailable(Code.unavailable, `no host ${host} answers at this broker`));
        } else {
          const text = `host ${host} did not answer within ${timeoutMs} ms`;
          reject(new OutcomeUnknown(Code.unknownOutcome, text));
        }
      });
    });
  }

  /** Takes no more calls, waits for those under way (each has its own bound), then disconnects. */
  async close(): Promise<void> {
    this.#closing ??= this.#close();
    await this.#closing;
  }

  async #close(): Promise<void> {
    await new Promise<void>(resolve => {
      this.#requests.whenIdle(resolve);
    });
    this.#questions.close();
    this.#inbox.close();
    await new Promise<void>(resolve => {
      this.#ports.transport.close(resolve);
    });
  }

  #request(
    verb: Verb,
    bucket: string,
    key: Key,
    value: Uint8Array | null,
    id: string,
    options: Options,
  ): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      this.#mustBeOpen();
      const order: Order = {
        verb,
        bucket,
        key: spell(key),
        value: verb === 'put' ? (value ?? NOTHING) : null,
        r: spellCount(options.r),
        w: spellCount(options.w),
        context: options.context ?? '',
        id: checkId(id),
        monotonic: options.monotonic === undefined ? '' : String(options.monotonic),
        timeoutMs: timeoutOf(options.timeoutMs ?? this.#config.timeoutMs),
      };
      this.#requests.submit(order, ended => {
        if ('result' in ended) {
          resolve(ended);
        } else {
          reject(ended);
        }
      });
    });
  }

  #mustBeOpen(): void {
    if (this.#closing !== null) {
      throw new NotConnected(Code.unavailable, 'this client was closed; nothing was sent');
    }
  }
}

function notConnected(): QuorateError {
  return new NotConnected(Code.unavailable, 'there is no connection to a broker');
}

/** Throws `BadRequest` or `TooLarge`: without a spelling there is no owner to ask. */
function spell(key: Key): string {
  try {
    return encodeKey(key);
  } catch (error) {
    throw error instanceof KeyError ? errorOf({code: error.code, text: error.message}) : error;
  }
}

/** A host judges it; what cannot be said in a frame at all becomes something that it refuses. */
function spellCount(count: string | number | undefined): string {
  return count === undefined ? '' : String(count) || 'nothing';
}

function checkId(id: string): string {
  if (id.length > MESSAGE_ID_CHARACTERS_MAX) {
    const limit = `an id may have ${MESSAGE_ID_CHARACTERS_MAX} characters`;
    throw new BadRequest(Code.badRequest, `${limit}, this one has ${id.length}`);
  }

  return id;
}

function timeoutOf(timeoutMs: number): number {
  if (!(timeoutMs >= 1 && timeoutMs <= TIMEOUT_MS_MAX)) {
    const limit = `use milliseconds from 1 to ${TIMEOUT_MS_MAX}`;
    throw new BadRequest(Code.badRequest, `the timeout cannot be ${timeoutMs}: ${limit}`);
  }

  return timeoutMs;
}
