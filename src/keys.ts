/**
 * How buckets and keys are spelled.
 *
 * A key is one or more tokens of a NATS subject, each a string of bytes. A token is written as
 * UTF-8 text in which bytes that a subject cannot carry are percent-encoded: 0x20 and below, 0x7f,
 * `%`, `.`, `*`, `>`, bytes that are no UTF-8, and U+FFFD, which is what decoders make of such
 * bytes. A name is `<bucket>.<key>`, and it is what partitions, objects and contexts are computed
 * from.
 *
 * Invariants:
 *   1. A key has one spelling: the same bytes are never two keys, other bytes never the same.
 *   2. `decodeKey(encodeKey(text)) === text` for every text that UTF-8 can carry.
 *   3. Only a canonical name passes `checkName`.
 */
import {Code, reject, type Rejection} from './errors.js';

/** Of a key as encoded, its dots included. */
export const KEY_BYTES_MAX = 1024;

/** A key that cannot be spelled. `code` is the protocol's number for it. */
export class KeyError extends Error {
  override readonly name = 'KeyError';

  constructor(
    readonly code: typeof Code.badRequest | typeof Code.tooLarge,
    message: string,
  ) {
    super(message);
  }
}

const BUCKET = /^[A-Za-z0-9_-]{1,64}$/;

/** ASCII that stands for itself. */
const LITERAL = '[!-$&-)+-\\-/-=?-~]';

/** Keys that need no encoding. */
const PLAIN_KEY = new RegExp(`^${LITERAL}+(?:\\.${LITERAL}+)*$`);

/**
 * Well-formed UTF-8 (Unicode 15, table 3-7) with each byte as one character, without ASCII and
 * U+FFFD.
 */
const SEQUENCE = [
  '[\\xC2-\\xDF][\\x80-\\xBF]',
  '\\xE0[\\xA0-\\xBF][\\x80-\\xBF]',
  '[\\xE1-\\xEC\\xEE][\\x80-\\xBF]{2}',
  '\\xED[\\x80-\\x9F][\\x80-\\xBF]',
  '\\xEF(?!\\xBF\\xBD)[\\x80-\\xBF]{2}',
  '\\xF0[\\x90-\\xBF][\\x80-\\xBF]{2}',
  '[\\xF1-\\xF3][\\x80-\\xBF]{3}',
  '\\xF4[\\x80-\\x8F][\\x80-\\xBF]{2}',
].join('|');

const LITERAL_RUN_OR_BYTE = new RegExp(`((?:${LITERAL}|${SEQUENCE})+)|[^]`, 'g');
const LONE_SURROGATE = /\p{Surrogate}/u;

export function isBucket(text: string): boolean {
  return BUCKET.test(text);
}

export function nameOf(bucket: string, key: string): string {
  return `${bucket}.${key}`;
}

/** A bucket's spelling has no dot, so the first one ends it. */
export function splitName(name: string): {bucket: string; key: string} {
  const dot = name.indexOf('.');
  return {bucket: name.slice(0, dot), key: name.slice(dot + 1)};
}

/**
 * The canonical spelling of a key.
 *
 * An array gives exact tokens, as text or as bytes. A text is split at its dots, as NATS KV users
 * write keys; a dot that would leave an empty token (at the start of a token, or last of all) is
 * part of its token instead. Throws `KeyError` for what has no spelling.
 */
export function encodeKey(key: string | ReadonlyArray<string | Uint8Array>): string {
  if (typeof key === 'string' && isPlain(key)) {
    return key;
  }

  const tokens = typeof key === 'string' ? splitAtDots(key) : key;
  if (tokens.length === 0 || tokens.some(token => token.length === 0)) {
    throw new KeyError(Code.badRequest, 'a key and each of its tokens needs at least one byte');
  }

  const encoded = tokens.map(encodeToken).join('.');
  if (Buffer.byteLength(encoded) > KEY_BYTES_MAX) {
    throw new KeyError(Code.tooLarge, tooLong(encoded).text);
  }

  return encoded;
}

/** The key as a person would write it. Bytes that are no UTF-8 are shown as U+FFFD. */
export function decodeKey(canonical: string): string {
  return canonical.includes('%') ? decodeBytes(canonical).toString() : canonical;
}

/**
 * What is wrong with a name as it arrived in a subject or a frame, and what to do about it; null
 * when it is canonical.
 */
export function checkName(bucket: string, key: string): Rejection | null {
  if (BUCKET.test(bucket) && isPlain(key)) {
    return null;
  }

  if (!BUCKET.test(bucket)) {
    return reject(
      Code.badRequest,
      `bucket ${quote(bucket)} is no name for one: use 1 to 64 of A-Z a-z 0-9 _ -`,
    );
  }

  if (Buffer.byteLength(key) > KEY_BYTES_MAX) {
    return tooLong(key);
  }

  return checkSpelling(key);
}

/** Nearly all keys are: one look decides. */
function isPlain(key: string): boolean {
  return key.length <= KEY_BYTES_MAX && PLAIN_KEY.test(key);
}

function checkSpelling(key: string): Rejection | null {
  const tokens = key.split('.');
  if (tokens.includes('')) {
    return reject(
      Code.badRequest,
      `key ${quote(key)} has an empty token: use single dots between tokens,` +
        ' and %2E for a dot inside one',
    );
  }

  const canonical = tokens.map(token => spell(decodeBytes(token))).join('.');
  if (canonical !== key) {
    return reject(
      Code.badRequest,
      `key ${quote(key)} is not in its one canonical spelling, ${quote(canonical)}:` +
        ' percent-encode, in uppercase, the bytes that a token cannot hold, and no others',
    );
  }

  return null;
}

function tooLong(key: string): Rejection {
  return reject(
    Code.tooLarge,
    `the key has ${Buffer.byteLength(key)} bytes as encoded, over the limit of ${KEY_BYTES_MAX}:` +
      ' use a shorter one',
  );
}

function splitAtDots(key: string): string[] {
  const tokens: string[] = [];
  let token = '';
  for (let at = 0; at < key.length; at++) {
    if (key[at] === '.' && token !== '' && at < key.length - 1) {
      tokens.push(token);
      token = '';
    } else {
      token += key[at];
    }
  }

  return [...tokens, token];
}

function encodeToken(token: string | Uint8Array): string {
  if (typeof token === 'string' && LONE_SURROGATE.test(token)) {
    throw new KeyError(
      Code.badRequest,
      `${quote(token)} has half a surrogate pair, which is no character: give the token as bytes`,
    );
  }

  return spell(Buffer.from(token));
}

/** Works on one character a byte, where a run of well-formed UTF-8 is a plain pattern. */
function spell(bytes: Buffer): string {
  const spelled = bytes
    .toString('latin1')
    .replace(
      LITERAL_RUN_OR_BYTE,
      (byte: string, literal: string | undefined) => literal ?? percent(byte),
    );
  return Buffer.from(spelled, 'latin1').toString();
}

function percent(byte: string): string {
  return `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
}

/** Lenient: a `%` without two hexadecimal digits stands for itself. */
function decodeBytes(text: string): Buffer {
  const bytes = Buffer.from(text)
    .toString('latin1')
    .replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    );
  return Buffer.from(bytes, 'latin1');
}

/** Safe to show and to put into a header, whatever arrived. */
function quote(text: string): string {
  return JSON.stringify(text.length > 200 ? `${text.slice(0, 200)}...` : text);
}
