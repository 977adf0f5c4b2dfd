/**
 * Starts one operating-system process the way `up` needs it.
 *
 * Invariants:
 *   1. A child is in a process group of its own: a terminal's Ctrl-C reaches `up` alone, which
 *      stops all in order.
 *   2. A child holds one end of a channel; when `up` dies, however it dies, the channel closes and
 *      the child ends.
 *   3. When the child has ended, nothing of its group is left.
 */
import {type ChildProcess, spawn} from 'node:child_process';
import {closeSync, openSync, renameSync, statSync} from 'node:fs';
import type {Launch} from '../../../actors/process/process.effects.js';
import type {Exit} from '../../../actors/process/process.messages.js';

const logBytesMax = 16 * 1024 * 1024;

export type ProcessSpec = {
  readonly command: readonly [program: string, ...args: string[]];
  readonly env: NodeJS.ProcessEnv;
  /**
   * What the child prints is appended here; a log past 16 MiB is set aside when the child starts.
   */
  readonly logPath: string;
  /** Told the number of each process that runs, and null when it has ended. */
  readonly onPid: (pid: number | null) => void;
};

/**
 * A child says `ready` on its channel when it serves, and `progress` while it works on what it
 * needs for that. Whatever else it says there is ignored.
 */
const typeOf = (message: unknown): unknown =>
  typeof message === 'object' && message !== null ? Reflect.get(message, 'type') : undefined;

export function launcherOf(spec: ProcessSpec): Launch {
  return on => {
    let child: ChildProcess;
    try {
      child = start(spec);
    } catch {
      queueMicrotask(() => on.exit({code: null, signal: null}));
      return {askToStop() {}, kill() {}};
    }

    const {pid} = child;
    let ended = false;
    const end = (exit: Exit) => {
      if (!ended) {
        ended = true;
        killGroup(pid);
        spec.onPid(null);
        on.exit(exit);
      }
    };

    child.on('message', message => {
      const type = typeOf(message);
      if (type === 'ready') {
        on.ready();
      } else if (type === 'progress') {
        on.progress();
      }
    });
    child.once('exit', (code, signal) => end({code, signal}));
    // Also what a signal to a process that is already gone reports; only a start that failed has no
    // number.
    child.on('error', () => pid === undefined && end({code: null, signal: null}));
    if (pid !== undefined) {
      spec.onPid(pid);
    }

    return {
      askToStop: () => child.kill('SIGTERM'),
      kill: () => killGroup(pid),
    };
  };
}

function start({command: [program, ...args], env, logPath}: ProcessSpec): ChildProcess {
  const log = openLog(logPath);
  try {
    return spawn(program, args, {env, detached: true, stdio: ['ignore', log, log, 'ipc']});
  } finally {
    closeSync(log);
  }
}

function openLog(path: string): number {
  if ((statSync(path, {throwIfNoEntry: false})?.size ?? 0) > logBytesMax) {
    renameSync(path, `${path}.1`);
  }

  return openSync(path, 'a', 0o600);
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) {
    return;
  }

  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Nobody is left in the group: that is what was wanted.
  }
}
