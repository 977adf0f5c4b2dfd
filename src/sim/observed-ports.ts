/**
 * Ports with somebody looking on: all that a host sends, hears and commits is shown before it
 * happens. They change nothing; checkers judge hosts by what passes here, never by asking the
 * hosts.
 */
import type {Storage, WriteOperation} from '../ports/storage.js';
import type {Message, PublishOptions, Subscription, Transport} from '../ports/transport.js';

export type TransportObserver = {
  readonly sent: (subject: string, payload: Uint8Array, options: PublishOptions) => void;
  readonly heard: (message: Message) => void;
};

export class ObservedTransport implements Transport {
  constructor(
    private readonly inner: Transport,
    private readonly observer: TransportObserver,
  ) {}

  get connected(): boolean {
    return this.inner.connected;
  }

  get maxPayloadBytes(): number {
    return this.inner.maxPayloadBytes;
  }

  publish(subject: string, payload: Uint8Array, options: PublishOptions = {}): void {
    if (this.inner.connected) {
      this.observer.sent(subject, payload, options);
    }

    this.inner.publish(subject, payload, options);
  }

  subscribe(
    subject: string,
    options: {readonly queue?: string},
    handler: (message: Message) => void,
  ): Subscription {
    return this.inner.subscribe(subject, options, message => {
      this.observer.heard(message);
      handler(message);
    });
  }

  onConnected(listener: (connected: boolean) => void): void {
    this.inner.onConnected(listener);
  }

  close(done: () => void): void {
    this.inner.close(done);
  }
}

export type StorageObserver = {
  readonly committing: (operations: readonly WriteOperation[]) => void;
  readonly commitFailed: () => void;
};

export class ObservedStorage implements Storage {
  constructor(
    private readonly inner: Storage,
    private readonly observer: StorageObserver,
  ) {}

  open(...[done]: Parameters<Storage['open']>): void {
    this.inner.open(done);
  }

  commit(...[operations, options, done]: Parameters<Storage['commit']>): void {
    this.observer.committing(operations);
    this.inner.commit(operations, options, failure => {
      if (failure !== null) {
        this.observer.commitFailed();
      }

      done(failure);
    });
  }

  read(...[keys, done]: Parameters<Storage['read']>): void {
    this.inner.read(keys, done);
  }

  scan(...[range, done]: Parameters<Storage['scan']>): void {
    this.inner.scan(range, done);
  }

  condemn(...[why, done]: Parameters<Storage['condemn']>): void {
    this.inner.condemn(why, done);
  }

  salvage(...[why, salvager, done]: Parameters<Storage['salvage']>): void {
    this.inner.salvage(why, salvager, done);
  }

  close(...[done]: Parameters<Storage['close']>): void {
    this.inner.close(done);
  }
}
