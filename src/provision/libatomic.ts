/**
 * The LSM binding needs libatomic.so.1 on Linux, which a small system may lack.
 *
 * Invariant: what is returned was tried. With that folder first in LD_LIBRARY_PATH, or with nothing
 * at all when it is null, a process of its own has loaded the binding, or the system has the
 * library in a standard folder.
 */
import {execFile} from 'node:child_process';
import {existsSync, readdirSync, statSync} from 'node:fs';
import {join} from 'node:path';
import {promisify} from 'node:util';
import {fetchDebianFile} from './apt.js';
import {errorOutput} from './error-code.js';
import {ProvisionProblem, type Talk} from './problem.js';
import {cachedLibraries, defaultCacheDir, projectDir} from './project-cache.js';

const run = promisify(execFile);
const library = 'libatomic.so.1';
const loadTimeoutMs = 30_000;

export type LibatomicOptions = {
  readonly env: NodeJS.ProcessEnv;
  readonly talk: Talk;
  readonly cacheDir?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Loads the binding in a process of its own: null when it could, else what it said. */
  readonly tryLoading?: (env: NodeJS.ProcessEnv) => Promise<string | null>;
  /** Whether the system has the library where every process finds it. */
  readonly onSystem?: () => boolean;
};

/**
 * Returns the folder that belongs into LD_LIBRARY_PATH before a process starts that opens the
 * store, or null when none is needed. Rejects with `ProvisionProblem`, which names libatomic1.
 */
export async function ensureLibatomic(options: LibatomicOptions): Promise<string | null> {
  const {env, talk, cacheDir = defaultCacheDir, signal, tryLoading = loadInChild} = options;
  if ((options.onSystem ?? isOnSystem)()) {
    return null;
  }

  const folder = cachedLibraries(cacheDir);
  const target = join(folder, library);
  if (!existsSync(target)) {
    if ((await tryLoading(env)) === null) {
      return null;
    }

    try {
      const wanted = {package: 'libatomic1', path: /\/libatomic\.so\.1$/, target};
      await fetchDebianFile(wanted, {cacheDir, env, talk, signal});
    } catch (error) {
      throw error instanceof ProvisionProblem ? cannotLoad(error.message, error) : error;
    }
  }

  const said = await tryLoading(withLibraries(env, folder));
  if (said !== null) {
    throw cannotLoad(said);
  }

  return folder;
}

/** The environment for a process that opens the store. */
export function withLibraries(env: NodeJS.ProcessEnv, folder: string | null): NodeJS.ProcessEnv {
  const before = env['LD_LIBRARY_PATH'];
  if (folder === null || before?.split(':').includes(folder) === true) {
    return env;
  }

  const path = before === undefined || before === '' ? folder : `${folder}:${before}`;
  return {...env, LD_LIBRARY_PATH: path};
}

/**
 * Looks where the loader looks, in a few milliseconds; a miss here only means that loading is
 * tried.
 */
function isOnSystem(): boolean {
  if (process.platform !== 'linux') {
    return true;
  }

  return ['/usr/lib', '/lib', '/usr/lib64', '/lib64'].some(
    dir =>
      isLibrary(join(dir, library)) ||
      (existsSync(dir) &&
        readdirSync(dir).some(
          inner => inner.endsWith('-linux-gnu') && isLibrary(join(dir, inner, library)),
        )),
  );
}

const isLibrary = (path: string): boolean =>
  (statSync(path, {throwIfNoEntry: false})?.size ?? 0) > 0;

async function loadInChild(env: NodeJS.ProcessEnv): Promise<string | null> {
  const program = `import('rocksdb-native').catch(error => {
    for (let cause = error; cause; cause = cause.cause) console.error(cause.message);
    process.exit(1);
  })`;
  try {
    await run(process.execPath, ['--input-type=module', '--eval', program], {
      cwd: projectDir,
      env,
      timeout: loadTimeoutMs,
    });
    return null;
  } catch (error) {
    return errorOutput(error) || String(error);
  }
}

const cannotLoad = (why: string, cause?: unknown) =>
  new ProvisionProblem(
    `the storage engine cannot be loaded: ${why}
It needs glibc 2.34 or newer and the system library libatomic1. As root: apt-get install libatomic1
(Fedora, RHEL: dnf install libatomic). Without root, on a Debian family, this command fetches it:
that needs apt-get and the package mirror.`,
    {cause},
  );
