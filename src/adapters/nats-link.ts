/**
 * One connection to a broker, from its dial to its loss. It never reconnects: whoever holds it
 * dials anew.
 *
 * nats.js could reconnect by itself, but not always: when a broker falls silent while the socket's
 * buffer is full, nats.js 3.4 reports a stale connection, then waits for that buffer to drain
 * before it lets go, which can take the kernel a quarter of an hour. And its reconnect delays are
 * measured by the wall clock. So a lost connection is thrown away whole.
 *
 * Invariants:
 *   1. `lost` is called once, and nothing is sent on the link after that.
 *   2. What was sent and not yet confirmed by the broker is bounded by `unconfirmedBytesMax`.
 */
import {connect, type NatsConnection, type NodeConnectionOptions} from '@nats-io/transport-node';

export type LinkOptions = {
  readonly nats: NodeConnectionOptions;
  readonly unconfirmedBytesMax: number;
};

export type LinkEvents = {
  /** The broker refused something, for example for lack of permission. The link lives on. */
  readonly refused: (error: Error) => void;
  readonly lost: () => void;
};

// A rough figure for subject and framing, so that a flood of empty messages counts too.
const framingBytes = 64;
// Confirmations asked for while the bound fills: more are more exact, each is one PING.
const probesPerBound = 8;

export class NatsLink {
  readonly connection: NatsConnection;
  readonly #unconfirmedBytesMax: number;
  readonly #events: LinkEvents;
  #unconfirmedBytes = 0;
  #probing = false;
  #lost = false;

  private constructor(connection: NatsConnection, options: LinkOptions, events: LinkEvents) {
    this.connection = connection;
    this.#unconfirmedBytesMax = options.unconfirmedBytesMax;
    this.#events = events;
    void this.#watch();
  }

  static async dial(options: LinkOptions, events: LinkEvents): Promise<NatsLink> {
    return new NatsLink(await connect(options.nats), options, events);
  }

  /** Whether a message of this size may be sent now. One that may counts as sent. */
  admit(payloadBytes: number): boolean {
    const unconfirmedBytes = this.#unconfirmedBytes + payloadBytes + framingBytes;
    // nats.js knows of a loss a little before it tells, and would throw.
    if (unconfirmedBytes > this.#unconfirmedBytesMax || this.connection.isClosed()) {
      return false;
    }
    this.#unconfirmedBytes = unconfirmedBytes;
    if (unconfirmedBytes * probesPerBound > this.#unconfirmedBytesMax && !this.#probing) {
      void this.#probe();
    }
    return true;
  }

  /**
   * Waits until the broker has read everything that was sent. Rejects when the link was lost first.
   */
  async settle(): Promise<void> {
    // nats.js leaves a flush pending for ever when the connection ends.
    await Promise.race([this.connection.flush(), this.connection.closed()]);
    if (this.#lost || this.connection.isClosed()) {
      throw new Error('the connection was lost again at once');
    }
  }

  /** Lets go at once; what was not flushed is lost. */
  abandon(): void {
    if (!this.#lost) {
      this.#lost = true;
      this.#events.lost();
      void this.connection.close();
    }
  }

  // The broker answers pings in order: its pong says that it has read all that was sent before.
  async #probe(): Promise<void> {
    const sentBytes = this.#unconfirmedBytes;
    this.#probing = true;
    try {
      await this.connection.flush();
      this.#unconfirmedBytes -= sentBytes;
    } catch {
      // The connection ended, which `#watch` hears of as well.
    } finally {
      this.#probing = false;
    }
  }

  async #watch(): Promise<void> {
    for await (const status of this.connection.status()) {
      if (status.type === 'error') {
        this.#events.refused(status.error);
      } else if (isLoss(status.type)) {
        break;
      }
    }
    this.abandon();
  }
}

function isLoss(type: string): boolean {
  return type === 'staleConnection' || type === 'disconnect' || type === 'close';
}
