/**
 * One line of a file to load: a JSON object with a bucket, a key and a value.
 *
 *   key     a text (tokens with dots between them) or a list of exact tokens
 *   value   a text, stored as UTF-8; {"base64": "..."}, stored as those bytes; any other JSON,
 *           stored as its JSON text
 */
import type {Key} from '../../client/options.js';

export type LoadRecord = {
  readonly bucket: string;
  readonly key: Key;
  readonly value: Uint8Array | string;
};

/** A string says what is wrong with the line. */
export function parseRecord(line: string, defaultBucket: string | undefined): LoadRecord | string {
  let parsed: unknown;
  try {
    parsed = JSON.parse(line);
  } catch (error) {
    return `it is no JSON (${error instanceof Error ? error.message : String(error)})`;
  }

  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    return 'it is no JSON object';
  }

  const {bucket = defaultBucket, key, value} = parsed as Record<string, unknown>;
  if (typeof bucket !== 'string') {
    return 'it names no bucket: add "bucket", or give --bucket';
  }

  if (!isKey(key)) {
    return 'it has no "key" that is a text or a list of texts';
  }

  if (value === undefined) {
    return 'it has no "value"';
  }

  const bytes = bytesOf(value);
  return bytes === null
    ? 'the base64 of its value is not well-formed'
    : {bucket, key, value: bytes};
}

function isKey(key: unknown): key is string | string[] {
  return (
    typeof key === 'string' || (Array.isArray(key) && key.every(token => typeof token === 'string'))
  );
}

function bytesOf(value: unknown): Uint8Array | string | null {
  if (typeof value === 'string') {
    return value;
  }

  const isObject = typeof value === 'object' && value !== null;
  if (!isObject || !('base64' in value) || Object.keys(value).length !== 1) {
    return JSON.stringify(value);
  }

  const {base64} = value;
  if (typeof base64 !== 'string') {
    return null;
  }

  // Node decodes what it can and drops the rest, so the way back tells whether anything was
  // dropped.
  const bytes = Buffer.from(base64, 'base64');
  return bytes.toString('base64') === base64 ? bytes : null;
}
