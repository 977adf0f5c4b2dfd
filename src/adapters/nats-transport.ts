/**
 * The Transport port over nats.js.
 *
 * Invariants, besides those of the port:
 *   1. Nothing that a handler, a peer or the broker does ends the connection for good: it is
 *      dialled again until `close`.
 *   2. Subscriptions outlive the connection that they were made on, and the broker has them before
 *      `connected` is true again.
 *   3. What is not sent is counted, and so is what is not handed over.
 *
 * Bytes: a payload is read when the current turn ends (nats.js gathers what one turn publishes into
 * one write), so a caller must not change it before. A received payload is a view of one socket
 * read of up to 64 KiB: whoever keeps a few bytes for long copies them.
 */
import type {Message, PublishOptions, Subscription, Transport} from '../ports/transport.js';
import {checkPublish} from '../wire/subject-grammar.js';
import {NatsLink} from './nats-link.js';
import {encodeHeaders} from './nats-message.js';
import type {NatsCounters, NatsOptions} from './nats-options.js';
import {NatsSubscriptions} from './nats-subscriptions.js';

const dialTimeoutMs = 5_000;
const closeTimeoutMs = 1_500;

/**
 * Rejects when no server can be reached now. From then on the connection is kept up until `close`.
 */
export async function connectNats(options: NatsOptions): Promise<NatsTransport> {
  const transport = new NatsTransport(options);
  try {
    await transport.dial();
  } catch (error) {
    transport.close(() => {});
    throw error;
  }
  return transport;
}

export class NatsTransport implements Transport {
  readonly #options: NatsOptions;
  readonly #subscriptions: NatsSubscriptions;
  readonly #listeners: Array<(connected: boolean) => void> = [];
  readonly #counters = {vanished: 0, malformed: 0, handlerFailures: 0, losses: 0};
  #servers: readonly string[];
  /** From the end of a dial to the loss; publishes go there only once `#connected`. */
  #link: NatsLink | null = null;
  #connected = false;
  #closed = false;
  #maxPayloadBytes = 1_048_576;
  #redialTimer: NodeJS.Timeout | undefined;
  #dialFailure = '';

  /** Not yet connected: `connectNats` makes one that is. */
  constructor(options: NatsOptions) {
    this.#options = options;
    this.#servers = options.servers;
    this.#subscriptions = new NatsSubscriptions({
      malformed: error => {
        this.#counters.malformed++;
        this.#report(error);
      },
      handlerFailed: error => {
        this.#counters.handlerFailures++;
        this.#report(error);
      },
    });
  }

  get connected(): boolean {
    return this.#connected;
  }

  get maxPayloadBytes(): number {
    return this.#maxPayloadBytes;
  }

  get counters(): NatsCounters {
    return {...this.#counters};
  }

  /** Throws `RangeError` for more than `maxPayloadBytes`, headers included: a bug of the caller. */
  publish(subject: string, payload: Uint8Array, options: PublishOptions = {}): void {
    const {reply = '', headers} = options;
    checkPublish(subject, reply);
    if (payload.length > this.#maxPayloadBytes) {
      throw new RangeError(
        `${payload.length} bytes are over the limit of ${this.#maxPayloadBytes}`,
      );
    }
    const encoded = headers === undefined ? undefined : encodeHeaders(headers);
    if (!this.#connected || this.#link === null || !this.#link.admit(payload.length)) {
      this.#counters.vanished++;
      return;
    }

    const {connection} = this.#link;
    if (encoded === undefined) {
      connection.publish(subject, payload, {reply});
      return;
    }
    try {
      connection.publish(subject, payload, {reply, headers: encoded});
    } catch (cause) {
      throw new RangeError('payload and headers together are over the limit', {cause});
    }
  }

  subscribe(
    subject: string,
    {queue}: {readonly queue?: string},
    handler: (message: Message) => void,
  ): Subscription {
    return this.#subscriptions.add(subject, queue, handler);
  }

  onConnected(listener: (connected: boolean) => void): void {
    this.#listeners.push(listener);
  }

  /** `done` comes within two seconds, whatever the broker does. */
  close(done: () => void): void {
    const link = this.#link;
    this.#closed = true;
    clearTimeout(this.#redialTimer);
    this.#subscriptions.end();
    this.#setConnected(false);
    if (link === null) {
      queueMicrotask(done);
      return;
    }

    let ended = false;
    const end = () => {
      if (!ended) {
        ended = true;
        clearTimeout(timer);
        link.abandon();
        done();
      }
    };
    const timer = setTimeout(end, closeTimeoutMs);
    link.connection.flush().then(end, end);
  }

  /** Connects, and puts all subscriptions in place. Rejects when that did not work out. */
  async dial(): Promise<void> {
    const {name, credentials, pingIntervalMs = 2_000} = this.#options;
    const {unconfirmedBytesMax = 2 ** 25} = this.#options;
    const nats = {
      ...credentials,
      servers: [...this.#servers],
      name,
      reconnect: false,
      pingInterval: pingIntervalMs,
      maxPingOut: 2,
      timeout: dialTimeoutMs,
    };
    const link = await NatsLink.dial(
      {nats, unconfirmedBytesMax},
      {refused: error => this.#report(error), lost: () => this.#lost()},
    );
    if (this.#closed) {
      link.abandon();
      return;
    }

    this.#link = link;
    this.#maxPayloadBytes = link.connection.info?.max_payload ?? this.#maxPayloadBytes;
    const learnt = link.connection.getServers().map(({listen}) => listen);
    this.#servers = [...new Set([...this.#options.servers, ...learnt])];
    this.#subscriptions.moveTo(link.connection);
    await link.settle();
    this.#dialFailure = '';
    this.#setConnected(this.#link === link && !this.#closed);
  }

  #lost(): void {
    this.#link = null;
    if (this.#closed) {
      return;
    }
    this.#counters.losses++;
    this.#subscriptions.moveTo(null);
    this.#setConnected(false);
    this.#scheduleDial();
  }

  #scheduleDial(): void {
    const {redialWaitMs = 100} = this.#options;
    const delayMs = redialWaitMs * (1 + Math.random());
    clearTimeout(this.#redialTimer);
    this.#redialTimer = setTimeout(() => void this.#redial(), delayMs);
  }

  async #redial(): Promise<void> {
    try {
      await this.dial();
    } catch (error) {
      if (this.#closed) {
        return;
      }
      // A broker that stays away is reported once, not ten times a second.
      const failure = String(error);
      if (failure !== this.#dialFailure) {
        this.#dialFailure = failure;
        this.#report(error);
      }
      this.#scheduleDial();
    }
  }

  #setConnected(connected: boolean): void {
    if (connected !== this.#connected) {
      this.#connected = connected;
      for (const listener of this.#listeners) {
        listener(connected);
      }
    }
  }

  // Later, so that an error of `onError` itself harms no connection.
  #report(error: unknown): void {
    queueMicrotask(() => this.#options.onError(error));
  }
}
