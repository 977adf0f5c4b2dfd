/**
 * The subscriptions of one transport, which outlive the connections that they are placed on.
 *
 * Invariants:
 *   1. A handler is not called once its subscription, or the whole transport, was told to end.
 *   2. No error of a handler or of a message reaches nats.js: it would end its reader, and with it
 *      everything that is received.
 */
import type {Msg, NatsConnection} from '@nats-io/transport-node';
import type {Message, Subscription} from '../ports/transport.js';
import {checkSubscribe} from '../wire/subject-grammar.js';
import {NatsMessage} from './nats-message.js';

export type ReceiveEvents = {
  /** The headers could not be read; no handler saw the message. */
  readonly malformed: (error: unknown) => void;
  readonly handlerFailed: (error: unknown) => void;
};

type Handler = (message: Message) => void;

type Entry = {
  readonly subject: string;
  readonly queue: string | undefined;
  readonly handler: Handler;
  live: boolean;
  /** Ends the subscription on the connection that it was last placed on. */
  cancel: () => void;
};

export class NatsSubscriptions {
  readonly #events: ReceiveEvents;
  readonly #entries = new Set<Entry>();
  #connection: NatsConnection | null = null;

  constructor(events: ReceiveEvents) {
    this.#events = events;
  }

  /** Throws `TypeError` for a subject or a queue name that NATS has no spelling for. */
  add(subject: string, queue: string | undefined, handler: Handler): Subscription {
    checkSubscribe(subject, queue);
    const entry: Entry = {subject, queue, handler, live: true, cancel: () => {}};
    this.#entries.add(entry);
    this.#place(entry);
    return {unsubscribe: () => this.#remove(entry)};
  }

  /** Places all on a connection, and those to come. null: on none, until told again. */
  moveTo(connection: NatsConnection | null): void {
    this.#connection = connection;
    for (const entry of this.#entries) {
      this.#place(entry);
    }
  }

  end(): void {
    this.#connection = null;
    for (const entry of this.#entries) {
      entry.live = false;
    }
    this.#entries.clear();
  }

  #remove(entry: Entry): void {
    entry.live = false;
    if (this.#entries.delete(entry) && this.#connection !== null) {
      entry.cancel();
    }
  }

  #place(entry: Entry): void {
    if (this.#connection === null || this.#connection.isClosed()) {
      return;
    }
    const {subject, queue} = entry;
    const callback = (error: Error | null, msg: Msg) => {
      // A subscription that the broker refuses shows up here too; the link reports it.
      if (error === null && entry.live) {
        this.#receive(entry.handler, msg);
      }
    };
    const options = queue === undefined ? {callback} : {callback, queue};
    const placed = this.#connection.subscribe(subject, options);
    entry.cancel = () => placed.unsubscribe();
  }

  #receive(handler: Handler, msg: Msg): void {
    let message: NatsMessage;
    try {
      message = new NatsMessage(msg);
    } catch (error) {
      this.#events.malformed(error);
      return;
    }
    try {
      handler(message);
    } catch (error) {
      this.#events.handlerFailed(error);
    }
  }
}
