/**
 * Turns what the engine and the file system throw into a StorageFailure.
 *
 * The engine gives corruption and refused input or output the same code (EIO), so that only its
 * text tells them apart. What is not recognised is IO: an error all the same, never an absence.
 */
import {StorageFailure} from '../../ports/storage.js';
import type {StorageFailureCode} from '../../ports/storage.js';

const FULL = /ENOSPC|EDQUOT|No space left on device|Disk quota exceeded/;
const LOCKED = /\/LOCK: /;
const CORRUPT = new RegExp(
  [
    'corrupt',
    'mismatch',
    'truncated',
    'too short',
    'too small',
    'bad (table|block|record|entry)',
    'magic number',
    'does not end with newline',
    'does not exist',
    'No such file',
  ].join('|'),
  'i',
);

export function failureOf(cause: unknown): StorageFailure {
  if (cause instanceof StorageFailure) {
    return cause;
  }

  const text = textOf(cause);
  return new StorageFailure(codeOf(text), text, {cause});
}

/** Why the engine could not be loaded, with what to do about the one cause that is known. */
export function cannotLoad(cause: unknown): StorageFailure {
  const text = textOf(cause);
  const advice = text.includes('libatomic')
    ? 'libatomic.so.1 is missing: install libatomic1 (apt-get install libatomic1), or ' +
      'set LD_LIBRARY_PATH to the folder that holds it before the process starts'
    : 'check that rocksdb-native is installed for this platform (npm ci)';
  const message = `the storage engine cannot be loaded; ${advice} (${text})`;
  return new StorageFailure('CANNOT_LOAD', message, {cause});
}

function codeOf(text: string): StorageFailureCode {
  if (FULL.test(text)) {
    return 'FULL';
  }
  if (LOCKED.test(text)) {
    return 'LOCKED';
  }
  return CORRUPT.test(text) ? 'CORRUPT' : 'IO';
}

/** The system's name of a failed call's error, such as ENOENT; null for other errors. */
export function systemCodeOf(cause: unknown): string | null {
  return cause instanceof Error && 'code' in cause && typeof cause.code === 'string'
    ? cause.code
    : null;
}

/**
 * An error's own text followed by that of its causes: the engine often says what happened only in
 * these.
 */
function textOf(error: unknown): string {
  if (!(error instanceof Error)) {
    return String(error);
  }
  const own = error.message;
  return error.cause === undefined ? own : `${own}: ${textOf(error.cause)}`;
}
