/**
 * Digest: what one host says of itself and of others in one heartbeat, and how that is spelled on
 * the wire.
 *
 * Invariants:
 *   1. What one host packs another unpacks as it was; anything else is null, and never throws.
 *   2. The first piece of news is about the sender itself.
 *   3. A digest has at most `NEWS_MAX` pieces of news.
 */
import {pack, unpack} from '../wire/pack.js';

/** What a host can say of another by signs of life: by its own or by what reached it by others. */
export const SAID = {alive: 0, silent: 1, down: 2} as const;
export type Said = (typeof SAID)[keyof typeof SAID];

export type Load = {
  /** Clients' requests under way, and how many there can be. */
  readonly requests: number;
  readonly requestsMax: number;
  /** Operations that wait in mailboxes. */
  readonly mailbox: number;
  /** How long the last commit took, or the one under way takes already. */
  readonly commitMs: number;
  /** The latest that the event loop came of late. */
  readonly loopDelayMs: number;
};

export type News = {
  readonly host: string;
  /** Grows with every start of the host. */
  readonly life: number;
  /** Heartbeats in that life. */
  readonly counter: number;
  readonly said: Said;
  /** For how long the sender has said so; 0 of hosts that are alive. */
  readonly forMs: number;
  readonly load: Load;
};

export type Digest = {
  /** The sender wants to hear back at once. */
  readonly asks: boolean;
  readonly news: readonly [self: News, ...others: News[]];
};

/** Some 60 bytes each. */
export const NEWS_MAX = 64;

export const NO_LOAD: Load = {
  requests: 0,
  requestsMax: 0,
  mailbox: 0,
  commitMs: 0,
  loopDelayMs: 0,
};

const VERSION = 1;
const ID_CHARACTERS_MAX = 256;

export function packDigest({asks, news}: Digest): Uint8Array {
  const pieces = news.map(({host, life, counter, said, forMs, load}) => [
    host,
    life,
    counter,
    said,
    Math.round(forMs),
    load.requests,
    load.requestsMax,
    load.mailbox,
    Math.round(load.commitMs),
    Math.round(load.loopDelayMs),
  ]);
  return pack([VERSION, asks, pieces]);
}

export function unpackDigest(body: Uint8Array): Digest | null {
  const parts = unpack(body);
  if (!Array.isArray(parts) || parts.length !== 3 || parts[0] !== VERSION) {
    return null;
  }

  const [, asks, pieces] = parts as unknown[];
  if (typeof asks !== 'boolean' || !Array.isArray(pieces) || pieces.length > NEWS_MAX) {
    return null;
  }

  const [self, ...others] = pieces.map(newsOf);
  return self === undefined || self === null || others.includes(null)
    ? null
    : {asks, news: [self, ...(others as News[])]};
}

function newsOf(piece: unknown): News | null {
  if (!Array.isArray(piece) || piece.length !== 10) {
    return null;
  }

  const [host, ...numbers] = piece as [unknown, ...unknown[]];
  if (typeof host !== 'string' || host.length > ID_CHARACTERS_MAX || !numbers.every(isCount)) {
    return null;
  }

  const [life, counter, said, forMs, requests, requestsMax, mailbox, commitMs, loopDelayMs] =
    numbers as [number, number, Said, number, number, number, number, number, number];
  const load = {requests, requestsMax, mailbox, commitMs, loopDelayMs};
  return said > SAID.down ? null : {host, life, counter, said, forMs, load};
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
