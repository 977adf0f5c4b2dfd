/** Reads what hosts answer to clients: plain replies with headers, and frames of many results. */
import {HEADER} from '../edge/plain-requests.js';
import type {Message, PublishOptions} from '../ports/transport.js';
import {decodeClientReply} from '../wire/client-frames.js';
import {unpack} from '../wire/pack.js';
import type {Claim} from './history.js';

export const INBOX = '_INBOX.';

export type Told = Omit<Claim, 'host' | 'atMs'>;

/** Where an attempt's plain reply goes, where a client's frames do, and all of a client's. */
export function inboxOf(client: string, attemptNo: number | 'frames' | '>'): string {
  return `${INBOX}${client}.${attemptNo}`;
}

export type Reply = {readonly attemptNo: number; readonly told: Told};

/** All answers in one message. */
export function readReplies(
  subject: string,
  payload: Uint8Array,
  header: (name: string) => string,
): Reply[] {
  const last = subject.slice(subject.lastIndexOf('.') + 1);
  if (last !== 'frames') {
    return [{attemptNo: Number(last), told: readPlain(payload, header)}];
  }

  const reply = decodeClientReply(payload);
  if (reply?.kind !== 'done') {
    throw new Error('a host answered a frame of operations with something else');
  }

  return reply.results.map(([attemptNo, code, text, values, context, acks, slots, outcome]) => ({
    attemptNo,
    told: {code, text, values, context, acks, slots, outcome},
  }));
}

export function headerOf(options: PublishOptions): (name: string) => string {
  return name => options.headers?.find(([given]) => given === name)?.[1] ?? '';
}

export function headerOfMessage(message: Message): (name: string) => string {
  return name => message.header(name);
}

function readPlain(payload: Uint8Array, header: (name: string) => string): Told {
  const code = Number(header(HEADER.errorCode) || 200);
  const [acks = 0, slots = 0] = header(HEADER.acks).split('/').map(Number);
  const siblings = header(HEADER.siblings);
  return {
    code,
    text: header(HEADER.error),
    values: siblings === '' ? [] : valuesOf(payload),
    context: header(HEADER.context),
    acks,
    slots,
    outcome: header(HEADER.outcome),
  };
}

/**
 * With `Quorate-Accept: siblings` a MessagePack array of values, which no value of a simulation
 * looks like.
 */
function valuesOf(payload: Uint8Array): readonly Uint8Array[] {
  const values = unpack(payload);
  return Array.isArray(values) ? (values as Uint8Array[]) : [payload];
}
