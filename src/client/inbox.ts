/**
 * The one subscription of a client: all answers come here, told apart by the end of their subject.
 *
 *   <inbox>.h.<host>   answers of one host to operations; the same subject for all frames, so that
 *                      a host can put answers to several frames into one message
 *   <inbox>.q.<no>     the answer to one question
 */
import type {Message, Subscription, Transport} from '../ports/transport.js';
import type {Random} from '../ports/random.js';

export type InboxHandlers = {
  readonly onHost: (host: string, message: Message) => void;
  readonly onAnswer: (no: number, message: Message) => void;
};

export class Inbox {
  readonly #root: string;
  readonly #subscription: Subscription;

  /** `prefix` without its last dot. */
  constructor(transport: Transport, random: Random, prefix: string, handlers: InboxHandlers) {
    this.#root = `${prefix}.${Buffer.from(random.bytes(16)).toString('base64url')}`;
    const start = this.#root.length + 1;
    this.#subscription = transport.subscribe(`${this.#root}.*.*`, {}, message => {
      const end = message.subject.slice(start + 2);
      if (message.subject[start] === 'h') {
        handlers.onHost(end, message);
      } else {
        handlers.onAnswer(Number(end), message);
      }
    });
  }

  ofHost(host: string): string {
    return `${this.#root}.h.${host}`;
  }

  ofQuestion(no: number): string {
    return `${this.#root}.q.${no}`;
  }

  close(): void {
    this.#subscription.unsubscribe();
  }
}
