/**
 * One `up` a data folder.
 *
 * Invariants:
 *   1. Two `up` never run on one data folder: the second is refused.
 *   2. After an `up` that was killed, the next begins only when the children of the first have
 *      ended.
 */
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {identify, isAlive, isProcessId, type ProcessId, tryLock} from '../../provision/lock.js';
import type {Talk} from '../../provision/problem.js';
import {ExitCode} from '../exit-codes.js';
import {UpProblem} from './problem.js';

const remainsTimeoutMs = 15_000;
const pollMs = 50;

export type RunLock = {
  /** To be told of every child that starts and, with null, of its end. */
  note(name: string, pid: number | null): void;
  release(): void;
};

export async function lockData(
  dataDir: string,
  {talk, signal}: {readonly talk: Talk; readonly signal: AbortSignal},
): Promise<RunLock> {
  const lock = tryLock(join(dataDir, 'up.lock'));
  if (!('release' in lock)) {
    throw new UpProblem(
      ExitCode.conflict,
      `${dataDir} is in use by another \`quorate up\` (process ${lock.holder.pid}): ` +
        'stop that one, or name another folder with --data',
    );
  }

  try {
    await waitForRemains(lock.inherited, talk, signal);
  } catch (error) {
    lock.release();
    throw error;
  }

  const children = new Map<string, ProcessId>();
  return {
    note(name, pid) {
      if (pid === null) {
        children.delete(name);
      } else {
        children.set(name, identify(pid));
      }

      lock.note([...children.values()]);
    },
    release: () => lock.release(),
  };
}

/**
 * Children end by themselves once their parent is gone; starting beside them would meet their port
 * and locks.
 */
async function waitForRemains(inherited: unknown, talk: Talk, signal: AbortSignal): Promise<void> {
  let remains = Array.isArray(inherited) ? inherited.filter(isProcessId).filter(isAlive) : [];
  if (remains.length > 0) {
    talk('waiting for what is left of an earlier run to end');
  }

  const giveUpAtMs = performance.now() + remainsTimeoutMs;
  while (remains.length > 0 && performance.now() < giveUpAtMs) {
    await sleep(pollMs, undefined, {signal});
    remains = remains.filter(isAlive);
  }

  if (remains.length > 0) {
    const pids = remains.map(({pid}) => pid).join(', ');
    throw new UpProblem(
      ExitCode.conflict,
      `processes of an earlier run do not end: ${pids}. End them (kill -9 ${pids}) and start again`,
    );
  }
}
