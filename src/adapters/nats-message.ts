/**
 * Messages and headers as nats.js knows them, seen through the port. Made once a message, so kept
 * thin.
 */
import type {Msg, MsgHdrs} from '@nats-io/transport-node';
import type {Message} from '../ports/transport.js';
import {spellHeaders, type Headers} from '../wire/header-grammar.js';

const noNames: readonly string[] = [];
const noResponders = 503;

export class NatsMessage implements Message {
  readonly payload: Uint8Array;
  readonly #msg: Msg;
  // Parsed before any handler sees the message: nats.js throws for a header name that it does not
  // like, and whoever publishes chooses the names. Half a message must not be acted on. Messages
  // between hosts carry no headers and pay nothing.
  readonly #headers: MsgHdrs | undefined;
  #reply: string | undefined;

  /** Throws when the headers cannot be read. */
  constructor(msg: Msg) {
    this.#msg = msg;
    this.#headers = msg.headers;
    // A view of one socket read, which nothing writes to again. nats.js gives a Buffer, whose
    // `slice` shares memory where that of a Uint8Array copies; the port promises the latter.
    const {buffer, byteOffset, length} = msg.data;
    this.payload = new Uint8Array(buffer, byteOffset, length);
  }

  get subject(): string {
    return this.#msg.subject;
  }

  get reply(): string {
    this.#reply ??= this.#msg.reply ?? '';
    return this.#reply;
  }

  header(name: string): string {
    return this.#headers === undefined ? '' : this.#headers.get(name);
  }

  headerNames(): readonly string[] {
    return this.#headers === undefined ? noNames : this.#headers.keys();
  }

  get unheard(): boolean {
    return this.payload.length === 0 && this.#headers?.code === noResponders;
  }
}

/**
 * Headers as they go on the wire. nats.js asks what it publishes for nothing but its encoding, and
 * takes three times as long to make one of its own (10.5 us against 3 us for a reply's five).
 * Throws `TypeError` for what has no spelling. Values travel as UTF-8, trimmed.
 */
export function encodeHeaders(pairs: Headers): MsgHdrs {
  return new HeaderBlock(spellHeaders(pairs)) as unknown as MsgHdrs;
}

class HeaderBlock {
  constructor(private readonly text: string) {}

  encode(): Uint8Array {
    return Buffer.from(this.text);
  }
}
