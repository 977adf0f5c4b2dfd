/**
 * A connection to a broker with NATS semantics: subjects, wildcards, queue groups, at most once.
 *
 * Guarantees (each has a test in the contract suite that every adapter passes):
 *   1. Messages from one connection to one subscription arrive in the order they were published, or
 *      not at all.
 *   2. A message may be lost without a word. Across connections there is no order.
 *   3. Of a queue group exactly one member gets a message; plain subscriptions each get it.
 *   4. A message published with `reply` to a subject that nobody hears comes back to `reply` as
 *      `unheard`.
 *   5. Nothing throws for what the network does; while disconnected, publishes vanish and
 *      `connected` is false.
 *   6. A handler is never called before `subscribe` has returned, nor after `unsubscribe` was
 *      called.
 */
export interface Transport {
  readonly connected: boolean;
  /** Largest payload that the broker takes, in bytes. Read it anew after a reconnect. */
  readonly maxPayloadBytes: number;
  /** Throws `TypeError` for a subject that NATS has no spelling for: a bug of the caller. */
  publish(subject: string, payload: Uint8Array, options?: PublishOptions): void;
  /** The handler must not throw and must not block. It may keep the payload. */
  subscribe(
    subject: string,
    options: {readonly queue?: string},
    handler: (message: Message) => void,
  ): Subscription;
  /** Told on every change of `connected`. */
  onConnected(listener: (connected: boolean) => void): void;
  /** Sends what was published, then disconnects. */
  close(done: () => void): void;
}

export type PublishOptions = {
  readonly reply?: string;
  readonly headers?: ReadonlyArray<readonly [name: string, value: string]>;
};

export interface Subscription {
  unsubscribe(): void;
  /**
   * Leaves without dropping anything: what the broker had already sent is still handled, then
   * `done` is called. While the connection is lost `done` may never come: bound the wait.
   */
  drain(done: () => void): void;
}

export interface Message {
  readonly subject: string;
  /** '' when none was given. */
  readonly reply: string;
  readonly payload: Uint8Array;
  /** The first value of a header, or ''. Names are compared as they are spelled. */
  header(name: string): string;
  /** All names that occur, as spelled; empty for most messages. */
  headerNames(): readonly string[];
  /** The broker's own word that nobody listens on the subject that was published to. */
  readonly unheard: boolean;
}
