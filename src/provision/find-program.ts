/** Programs of this machine, as paths: those of the PATH, and where Debian puts servers. */
import {accessSync, constants, statSync} from 'node:fs';
import {delimiter, isAbsolute, join} from 'node:path';

/** Debian puts servers into folders that an ordinary user's PATH lacks. */
const serverDirs = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin'];

/**
 * Every executable of that name, first the PATH's, then those of `extraDirs`. Absolute paths only.
 */
export function findPrograms(
  name: string,
  env: NodeJS.ProcessEnv,
  extraDirs: readonly string[] = [],
): string[] {
  const dirs = [...(env['PATH'] ?? '').split(delimiter).filter(isAbsolute), ...extraDirs];
  return [...new Set(dirs.map(dir => join(dir, name)))].filter(isExecutable);
}

export const findProgram = (name: string, env: NodeJS.ProcessEnv): string | null =>
  findPrograms(name, env)[0] ?? null;

export const findServers = (name: string, env: NodeJS.ProcessEnv): string[] =>
  findPrograms(name, env, serverDirs);

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
