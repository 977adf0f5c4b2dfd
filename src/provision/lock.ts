/**
 * A lock that is a file: who holds it is written in it.
 *
 * Invariants:
 *   1. While its holder lives, nobody else gets the lock.
 *   2. A lock whose holder is dead is taken over, also when another process has the holder's old
 *      number by now.
 *   3. Only its holder removes a lock.
 */
import {randomUUID} from 'node:crypto';
import {linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync} from 'node:fs';
import {dirname} from 'node:path';
import {errorCode} from './error-code.js';

/** A process, told apart from a later one of the same number by when it started. */
export type ProcessId = {readonly pid: number; readonly started: string};

export type Lock = {
  /** What the dead holder left in its note, when this lock was taken over from one; else null. */
  readonly inherited: unknown;
  /** Notes what whoever takes over from this process has to know. JSON. */
  note(value: unknown): void;
  release(): void;
};

type Content = {readonly holder: ProcessId; readonly note?: unknown};

/** Gets the lock at once, or answers with its living holder. */
export function tryLock(path: string): Lock | {readonly holder: ProcessId} {
  mkdirSync(dirname(path), {recursive: true});
  const self = identify(process.pid);
  const draft = unique(path);
  const write = (note: unknown) => {
    writeFileSync(draft, JSON.stringify({holder: self, note} satisfies Content), {mode: 0o600});
  };

  write(null);
  let inherited: unknown = null;
  while (!linked(draft, path)) {
    const found = read(path);
    if (found !== null && isAlive(found.holder)) {
      rmSync(draft, {force: true});
      return {holder: found.holder};
    }

    inherited = found?.note ?? null;
    moveAside(path);
  }

  rmSync(draft, {force: true});
  return {
    inherited,
    note(value) {
      write(value);
      renameSync(draft, path);
    },
    release() {
      rmSync(path, {force: true});
    },
  };
}

export function identify(pid: number): ProcessId {
  return {pid, started: startOf(pid)};
}

export function isAlive({pid, started}: ProcessId): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it lives, and belongs to another user.
    if (errorCode(error) !== 'EPERM') {
      return false;
    }
  }

  return startOf(pid) === started;
}

/**
 * Linux tells when a process started, in ticks since boot; elsewhere the number alone has to do.
 */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The second field is the command in parentheses, and may itself hold spaces and parentheses.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? 'ended' : (fields[19] ?? '');
  } catch {
    return '';
  }
}

/** A name beside the lock that nobody else uses. */
const unique = (path: string) => `${path}.${randomUUID()}`;

/** `link` either makes the lock with its whole content or does nothing. */
function linked(draft: string, path: string): boolean {
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') {
      return false;
    }

    throw error;
  }
}

/**
 * Of several that see the same dead holder, one moves its file; the others find it gone and try
 * again.
 */
function moveAside(path: string): void {
  const aside = unique(path);
  try {
    renameSync(path, aside);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') {
      return;
    }

    throw error;
  }

  // Someone faster may have taken over between our look and our move: then it gets its lock back.
  const moved = read(aside);
  if (moved !== null && isAlive(moved.holder)) {
    linked(aside, path);
  }

  rmSync(aside, {force: true});
}

function read(path: string): Content | null {
  try {
    const content: unknown = JSON.parse(readFileSync(path, 'utf8'));
    return isContent(content) ? content : null;
  } catch {
    return null; // Gone, or not ours to understand: then nobody alive stands in it.
  }
}

function isContent(value: unknown): value is Content {
  return (
    typeof value === 'object' && value !== null && 'holder' in value && isProcessId(value.holder)
  );
}

export function isProcessId(value: unknown): value is ProcessId {
  return (
    typeof value === 'object' &&
    value !== null &&
    'pid' in value &&
    Number.isSafeInteger(value.pid) &&
    'started' in value &&
    typeof value.started === 'string'
  );
}
