/** A Transport that reaches nobody and remembers what it was asked. */
import type {Message, PublishOptions, Subscription, Transport} from '../../src/ports/transport.js';

type Published = PublishOptions & {readonly subject: string; readonly payload: Uint8Array};
type Subscribed = {
  readonly subject: string;
  readonly queue: string | undefined;
  readonly handler: (message: Message) => void;
};

export class RecordingTransport implements Transport {
  readonly connected = true;
  readonly maxPayloadBytes = 1_048_576;
  readonly published: Published[] = [];
  readonly subscribed = new Set<Subscribed>();

  /** As every adapter, it refuses what the broker would not take. */
  publish(subject: string, payload: Uint8Array, options: PublishOptions = {}): void {
    if (payload.length > this.maxPayloadBytes) {
      throw new RangeError('over the limit');
    }

    this.published.push({subject, payload, ...options});
  }

  subscribe(
    subject: string,
    {queue}: {readonly queue?: string},
    handler: (message: Message) => void,
  ): Subscription {
    const subscription = {subject, queue, handler};
    this.subscribed.add(subscription);
    const end = () => this.subscribed.delete(subscription);
    return {
      unsubscribe: end,
      drain: done => {
        end();
        done();
      },
    };
  }

  onConnected(): void {}

  close(done: () => void): void {
    done();
  }

  get subjects(): string[] {
    return [...this.subscribed].map(({subject}) => subject).toSorted();
  }
}

/** A message as it arrives, without headers. */
export function messageOf(subject: string, payload: Uint8Array, reply = ''): Message {
  return {subject, reply, payload, header: () => '', headerNames: () => [], unheard: false};
}
