/**
 * What a client may say about one request besides its key and value, checked once, here, for every
 * way in.
 *
 * Invariant: what is not understood in full is refused with a sentence that says what is allowed;
 * nothing is silently ignored or corrected.
 */
import {openContext, type ContextScope} from '../causality/context.js';
import {hashMessageId} from '../causality/message-id.js';
import {EMPTY_VECTOR, type VersionVector} from '../causality/version-vector.js';
import {Code, reject, type Rejection} from '../errors.js';
import {parseQuorum, resolveQuorum} from '../topology/policy.js';

/** As the client spelled it; '' for what it did not say. */
export type RawOptions = {
  readonly r: string;
  readonly w: string;
  readonly context: string;
  readonly timeoutMs: string;
  readonly id: string;
  readonly monotonic: string;
};

export type RequestOptions = {
  readonly r: number;
  readonly w: number;
  readonly context: {readonly vector: VersionVector; readonly hlc: number} | null;
  readonly timeoutMs: number;
  /** Hashed; '' without one. */
  readonly id: string;
  /** Of gets. */
  readonly isMonotonic: boolean;
};

export type QuorumDefaults = {
  readonly n: number;
  readonly r: number;
  readonly w: number;
  readonly quorum: 'sloppy' | 'strict';
};

export const TIMEOUT_MS_DEFAULT = 2_000;
export const TIMEOUT_MS_MAX = 60_000;
export const MESSAGE_ID_CHARACTERS_MAX = 256;
/** The context that claims to have seen nothing. */
export const CONTEXT_NONE = 'none';

const NOTHING_SEEN = {vector: EMPTY_VECTOR, hlc: 0};

export function parseOptions(
  raw: RawOptions,
  defaults: QuorumDefaults,
  scope: ContextScope,
): RequestOptions | Rejection {
  const r = parseCount('R', raw.r, defaults.r, defaults.n);
  if (typeof r !== 'number') {
    return r;
  }

  const w = parseCount('W', raw.w, defaults.w, defaults.n);
  if (typeof w !== 'number') {
    return w;
  }

  const timeoutMs = parseTimeout(raw.timeoutMs);
  if (typeof timeoutMs !== 'number') {
    return timeoutMs;
  }

  const context = parseContext(raw.context, scope);
  if (isRejection(context)) {
    return context;
  }

  if (raw.id.length > MESSAGE_ID_CHARACTERS_MAX) {
    const limit = `Nats-Msg-Id may have ${MESSAGE_ID_CHARACTERS_MAX} characters`;
    return reject(Code.badRequest, `${limit}, this one has ${raw.id.length}`);
  }

  // Could not travel on in a header.
  if (/[\r\n]/.test(raw.id)) {
    return reject(Code.badRequest, 'Nats-Msg-Id has a line break in it: use one line');
  }

  const isMonotonic = parseMonotonic(
    raw.monotonic,
    defaults.quorum === 'strict' && r + w > defaults.n,
  );
  if (isRejection(isMonotonic)) {
    return isMonotonic;
  }

  const id = raw.id === '' ? '' : hashMessageId(raw.id);
  return {r, w, timeoutMs, context, id, isMonotonic};
}

export function isRejection(value: unknown): value is Rejection {
  return typeof value === 'object' && value !== null && 'code' in value && 'text' in value;
}

function parseCount(name: 'R' | 'W', text: string, usual: number, n: number): number | Rejection {
  if (text === '') {
    return usual;
  }

  const spec = parseQuorum(text);
  const count = spec === null ? null : resolveQuorum(spec, n);
  return (
    count ??
    reject(
      Code.badRequest,
      `${name} cannot be '${cut(text)}': use 1 to ${n}, or one, quorum or all`,
    )
  );
}

/** What a client sent is shown to it again, but no more of it than a person would read. */
export function cut(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}...` : text;
}

function parseTimeout(text: string): number | Rejection {
  if (text === '') {
    return TIMEOUT_MS_DEFAULT;
  }

  const timeoutMs = /^[1-9]\d{0,5}$/.test(text) ? Number(text) : 0;
  return timeoutMs >= 1 && timeoutMs <= TIMEOUT_MS_MAX
    ? timeoutMs
    : reject(
        Code.badRequest,
        `the timeout cannot be '${cut(text)}': use milliseconds from 1 to ${TIMEOUT_MS_MAX}`,
      );
}

/** Where reads and writes meet by a strict quorum, gets do not go back in time either. */
function parseMonotonic(text: string, usual: boolean): boolean | Rejection {
  switch (text) {
    case '':
      return usual;
    case 'true':
      return true;
    case 'false':
      return false;
    default:
      return reject(
        Code.badRequest,
        `Quorate-Monotonic cannot be '${cut(text)}': use true or false`,
      );
  }
}

function parseContext(token: string, scope: ContextScope): RequestOptions['context'] | Rejection {
  if (token === '') {
    return null;
  }

  if (token === CONTEXT_NONE) {
    return NOTHING_SEEN;
  }

  return (
    openContext(token, scope) ??
    reject(
      Code.badRequest,
      'the context was not issued for this key by this cluster, or was altered: get the key anew',
    )
  );
}
