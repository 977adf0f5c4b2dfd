/**
 * A host's connection to the simulated broker: the Transport port over two lines, one to the broker
 * and one from it.
 *
 * Invariants, besides those of the port:
 *   1. No bytes are shared: what is sent is copied, and copied again for each handler.
 *   2. Subscriptions are made anew on each dial, and the broker has them before `connected` is
 *      true.
 */
import type {Clock, TimerId} from '../ports/clock.js';
import type {Message, PublishOptions, Subscription, Transport} from '../ports/transport.js';
import {headerBytes, type Headers} from '../wire/header-grammar.js';
import {checkPublish, checkSubscribe} from '../wire/subject-grammar.js';
import type {Frame, Session, SimBroker} from './broker.js';
import type {Line} from './line.js';

/** What becomes of a message, for traces. */
export type Fate = 'delivered' | 'lost' | 'vanished';

export type SimTransportParts = {
  readonly clock: Clock;
  readonly broker: SimBroker;
  readonly toBroker: Line;
  readonly fromBroker: Line;
  readonly maxPayloadBytes: number;
  readonly closed: () => void;
  readonly mayRepeat: (subject: string) => boolean;
  readonly observe: (fate: Fate, subject: string) => void;
};

type Entry = {
  readonly subject: string;
  readonly queue: string | undefined;
  readonly handler: (message: Message) => void;
};

const closeTimeoutMs = 2_000;

export class SimTransport implements Transport {
  readonly #parts: SimTransportParts;
  readonly #entries = new Map<number, Entry>();
  readonly #listeners: Array<(connected: boolean) => void> = [];
  #session: Session;
  #connected = true;
  #closed = false;
  #subscriptions = 0;

  /** Connected at once, as if it had been dialled before. */
  constructor(parts: SimTransportParts) {
    this.#parts = parts;
    this.#session = this.#newSession();
    parts.broker.begin(this.#session);
  }

  get connected(): boolean {
    return this.#connected;
  }

  get maxPayloadBytes(): number {
    return this.#parts.maxPayloadBytes;
  }

  get session(): Session {
    return this.#session;
  }

  /** Throws `RangeError` for more than `maxPayloadBytes`, headers included: a bug of the caller. */
  publish(subject: string, payload: Uint8Array, options: PublishOptions = {}): void {
    const {reply = '', headers = []} = options;
    const {broker, toBroker, observe, maxPayloadBytes} = this.#parts;
    checkPublish(subject, reply);
    if (payload.length + headerBytes(headers) > maxPayloadBytes) {
      throw new RangeError(`more than the limit of ${maxPayloadBytes} bytes`);
    }
    if (!this.#connected) {
      observe('vanished', subject);
      return;
    }

    const session = this.#session;
    const copied = headers.map(([name, value]) => [name, value.trim()] as const);
    const frame = {
      subject,
      reply,
      payload: new Uint8Array(payload),
      headers: copied,
      unheard: false,
    };
    toBroker.sendMessage(
      () => broker.publish(session, frame),
      () => observe('lost', subject),
      this.#parts.mayRepeat(subject),
    );
  }

  subscribe(
    subject: string,
    {queue}: {readonly queue?: string},
    handler: (message: Message) => void,
  ): Subscription {
    checkSubscribe(subject, queue);
    const id = this.#subscriptions++;
    const entry = {subject, queue, handler};
    this.#entries.set(id, entry);
    this.#place(id, entry);
    return {unsubscribe: () => this.#remove(id), drain: done => this.#drain(id, done)};
  }

  onConnected(listener: (connected: boolean) => void): void {
    this.#listeners.push(listener);
  }

  close(done: () => void): void {
    const {clock, broker, toBroker} = this.#parts;
    const session = this.#session;
    let timer: TimerId;
    let ended = false;
    const end = () => {
      if (!ended) {
        ended = true;
        clock.clearTimeout(timer);
        this.#parts.closed();
        done();
      }
    };
    timer = clock.setTimeout(end, this.#connected ? closeTimeoutMs : 0);
    toBroker.sendCommand(() => {
      broker.end(session);
      end();
    });
    this.#closed = true;
    this.#entries.clear();
    this.#setConnected(false);
  }

  /** The host has noticed that its connection is gone. */
  lose(): void {
    this.#setConnected(false);
  }

  /** The host's process ends: nothing of it runs any more, and nobody is told. */
  crash(): void {
    this.#closed = true;
    this.#connected = false;
    this.#entries.clear();
  }

  /** Connects anew, when the lines let it. */
  dial(): void {
    if (this.#closed || this.#connected) {
      return;
    }
    const {broker, toBroker, fromBroker} = this.#parts;
    const session = this.#newSession();
    this.#session = session;
    toBroker.sendCommand(() => {
      broker.begin(session);
    });
    for (const [id, entry] of this.#entries) {
      this.#place(id, entry);
    }
    const settled = () => {
      if (this.#session === session && !this.#closed) {
        this.#setConnected(true);
      }
    };
    toBroker.sendCommand(() => fromBroker.sendCommand(settled));
  }

  #newSession(): Session {
    const {fromBroker, observe, mayRepeat} = this.#parts;
    const session: Session = {
      deliver: (id, frame) =>
        fromBroker.sendMessage(
          () => this.#receive(session, id, frame),
          () => observe('lost', frame.subject),
          mayRepeat(frame.subject),
        ),
    };
    return session;
  }

  #receive(session: Session, id: number, frame: Frame): void {
    const entry = this.#entries.get(id);
    if (entry !== undefined && session === this.#session) {
      this.#parts.observe('delivered', frame.subject);
      entry.handler(new SimMessage(frame));
    }
  }

  #place(id: number, {subject, queue}: Entry): void {
    const {broker, toBroker} = this.#parts;
    const session = this.#session;
    toBroker.sendCommand(() => broker.subscribe(session, id, subject, queue));
  }

  #remove(id: number): void {
    const {broker, toBroker} = this.#parts;
    const session = this.#session;
    if (this.#entries.delete(id)) {
      toBroker.sendCommand(() => broker.unsubscribe(session, id));
    }
  }

  #drain(id: number, done: () => void): void {
    const {broker, toBroker, fromBroker} = this.#parts;
    const session = this.#session;
    toBroker.sendCommand(() => {
      broker.unsubscribe(session, id);
      fromBroker.sendCommand(() => {
        this.#entries.delete(id);
        done();
      });
    });
  }

  #setConnected(connected: boolean): void {
    if (connected !== this.#connected) {
      this.#connected = connected;
      for (const listener of this.#listeners) {
        listener(connected);
      }
    }
  }
}

class SimMessage implements Message {
  readonly subject: string;
  readonly reply: string;
  readonly payload: Uint8Array;
  readonly unheard: boolean;
  readonly #headers: Headers;

  constructor({subject, reply, payload, headers, unheard}: Frame) {
    this.subject = subject;
    this.reply = reply;
    this.payload = new Uint8Array(payload);
    this.unheard = unheard;
    this.#headers = headers;
  }

  header(name: string): string {
    return this.#headers.find(([given]) => given === name)?.[1] ?? '';
  }

  headerNames(): readonly string[] {
    return [...new Set(this.#headers.map(([name]) => name))];
  }
}
