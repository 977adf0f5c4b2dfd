/**
 * Confines processes to so much memory, page cache included, with the kernel's control groups. Only
 * root may, on Linux.
 *
 * Invariant: a process that was started with `wrap` was confined before it ran a line of its own.
 */
import {existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {errorCode} from '../../src/provision/error-code.js';

const ROOT = '/sys/fs/cgroup';
const DROP_CACHES = '/proc/sys/vm/drop_caches';

export type MemoryLimit = {
  /** What a command line is prefixed with. */
  readonly wrap: readonly string[];
  /** Once its processes are gone. */
  remove(): void;
};

/** Throws when the system does not allow it; the message says why. */
export function limitMemory(name: string, bytes: number): MemoryLimit {
  const {parent, limit} = controller();
  const group = join(parent, name);
  try {
    mkdirSync(group);
    writeFileSync(join(group, limit), String(bytes));
  } catch (error) {
    throw new Error(`no control group could be made (${errorCode(error)}): it needs root`, {
      cause: error,
    });
  }

  const procs = join(group, 'cgroup.procs');
  return {
    wrap: ['/bin/sh', '-c', `echo $$ > '${procs}' && exec "$@"`, 'sh'],
    remove() {
      rmdirSync(group);
    },
  };
}

/** So that no page which was read before counts for nobody. Throws when the system refuses. */
export function dropPageCache(): void {
  try {
    writeFileSync(DROP_CACHES, '3\n');
  } catch (error) {
    throw new Error(`the page cache could not be dropped (${errorCode(error)}): it needs root`, {
      cause: error,
    });
  }
}

function controller(): {parent: string; limit: string} {
  const first = join(ROOT, 'memory');
  if (existsSync(join(first, 'memory.limit_in_bytes'))) {
    return {parent: first, limit: 'memory.limit_in_bytes'};
  }

  const controllers = join(ROOT, 'cgroup.controllers');
  if (existsSync(controllers) && readFileSync(controllers, 'utf8').includes('memory')) {
    writeFileSync(join(ROOT, 'cgroup.subtree_control'), '+memory');
    return {parent: ROOT, limit: 'memory.max'};
  }

  throw new Error('this system has no memory controller for control groups');
}
