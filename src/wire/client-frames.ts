/**
 * What the client library and the command line say to one host on `<root>.c.<host>`, and what it
 * answers: many requests of one turn in one message, answered in one or more, in any order.
 *
 *   request  [1, 'ops', [[no, verb, bucket, key, value | null, options], ...]]
 *            where options are [r, w, context, timeoutMs, id], or with a sixth: monotonic
 *   reply    [1, 'done', [result, ...], epoch]
 *            where a result is [no, code, text, [value, ...], context, acks, slots, outcome]
 *   request  [1, 'ask', question, parameter]
 *   reply    [1, 'told', answer]
 *   reply    [1, 'refused', text]            to anything that is neither
 *
 * A frame of no operations asks nothing and is not answered: by it a client learns from the broker
 * whether anybody listens. Options are strings as in the headers of a plain request, '' for what is
 * not said.
 */
import {isVerb, type Verb} from '../subjects.js';
import {pack, unpack} from './pack.js';

const VERSION = 1;
/** More requests than this in one frame are refused as a whole. */
export const OPS_MAX = 4096;

export type ClientOp = readonly [
  no: number,
  verb: Verb,
  bucket: string,
  key: string,
  value: Uint8Array | null,
  options: readonly [
    r: string,
    w: string,
    context: string,
    timeoutMs: string,
    id: string,
    monotonic?: string,
  ],
];

export type ClientResult = readonly [
  no: number,
  code: number,
  text: string,
  /** Newest first. */
  values: readonly Uint8Array[],
  context: string,
  acks: number,
  slots: number,
  outcome: string,
];

export type ClientRequest =
  | {readonly kind: 'ops'; readonly ops: readonly ClientOp[]}
  | {readonly kind: 'ask'; readonly question: string; readonly parameter: unknown}
  | {readonly kind: 'malformed'; readonly why: string};

export type ClientReply =
  | {readonly kind: 'done'; readonly results: readonly ClientResult[]; readonly epoch: number}
  | {readonly kind: 'told'; readonly answer: unknown}
  | {readonly kind: 'refused'; readonly text: string};

export function encodeOps(ops: readonly ClientOp[]): Uint8Array {
  return pack([VERSION, 'ops', ops]);
}

export function encodeAsk(question: string, parameter: unknown): Uint8Array {
  return pack([VERSION, 'ask', question, parameter]);
}

export function encodeDone(results: readonly ClientResult[], epoch: number): Uint8Array {
  return pack([VERSION, 'done', results, epoch]);
}

export function encodeTold(answer: unknown): Uint8Array {
  return pack([VERSION, 'told', answer]);
}

export function encodeRefused(text: string): Uint8Array {
  return pack([VERSION, 'refused', text]);
}

/** At a host: what came from outside, checked to the last field. */
export function decodeClientRequest(payload: Uint8Array): ClientRequest {
  const parts = unpack(payload);
  if (!Array.isArray(parts) || parts[0] !== VERSION) {
    return {kind: 'malformed', why: `the frame is not MessagePack [${VERSION}, kind, ...]`};
  }

  const [, kind, body, parameter] = parts as unknown[];
  if (kind === 'ask' && typeof body === 'string') {
    return {kind: 'ask', question: body, parameter};
  }

  if (kind !== 'ops' || !Array.isArray(body)) {
    return {kind: 'malformed', why: "the frame is neither 'ops' with a list nor 'ask'"};
  }

  if (body.length > OPS_MAX) {
    return {kind: 'malformed', why: `${body.length} operations in a frame, ${OPS_MAX} are allowed`};
  }

  const bad = body.findIndex(op => !isOp(op));
  return bad === -1
    ? {kind: 'ops', ops: body as ClientOp[]}
    : {kind: 'malformed', why: `operation ${bad} of the frame has the wrong shape`};
}

/** At a client: null for what no host of this version sends. */
export function decodeClientReply(payload: Uint8Array): ClientReply | null {
  const parts = unpack(payload);
  if (!Array.isArray(parts) || parts[0] !== VERSION) {
    return null;
  }

  const [, kind, body, epoch] = parts as unknown[];
  switch (kind) {
    case 'done':
      return Array.isArray(body) && typeof epoch === 'number'
        ? {kind, results: body as ClientResult[], epoch}
        : null;
    case 'told':
      return {kind, answer: body};
    case 'refused':
      return {kind, text: String(body)};
    default:
      return null;
  }
}

function isOp(op: unknown): op is ClientOp {
  if (!Array.isArray(op) || op.length !== 6) {
    return false;
  }

  const [no, verb, bucket, key, value, options] = op as unknown[];
  return (
    Number.isSafeInteger(no) &&
    isVerb(verb) &&
    typeof bucket === 'string' &&
    typeof key === 'string' &&
    (value === null || value instanceof Uint8Array) &&
    Array.isArray(options) &&
    (options.length === 5 || options.length === 6) &&
    options.every(option => typeof option === 'string')
  );
}
