/**
 * Takes one file out of a package of a Debian family's distribution, without root and without
 * touching the system.
 *
 * Invariants:
 *   1. The wanted file appears under its final name whole, or not at all.
 *   2. The system's package lists, packages and hooks are neither changed nor run.
 *   3. What apt fetched before it was interrupted is used by the next try.
 */
import {execFile} from 'node:child_process';
import {existsSync} from 'node:fs';
import {chmod, copyFile, mkdir, mkdtemp, readdir, rename, rm, writeFile} from 'node:fs/promises';
import {basename, dirname, join} from 'node:path';
import {promisify} from 'node:util';
import {setTimeout as sleep} from 'node:timers/promises';
import {errorCode, errorOutput} from './error-code.js';
import {findProgram} from './find-program.js';
import {type Lock, tryLock} from './lock.js';
import {ProvisionProblem, type Talk} from './problem.js';

const run = promisify(execFile);
const aptTimeoutMs = 300_000;
const lockPollMs = 200;

export type DebianFile = {
  readonly package: string;
  /** Tells the file by its path inside the package, which may depend on the processor. */
  readonly path: RegExp;
  /** Where it shall lie in the end. */
  readonly target: string;
};

export type FetchOptions = {
  readonly cacheDir: string;
  readonly env: NodeJS.ProcessEnv;
  readonly talk: Talk;
  readonly signal?: AbortSignal | undefined;
};

/** Rejects with `ProvisionProblem` where there is no apt, no network, or no such package. */
export async function fetchDebianFile(wanted: DebianFile, options: FetchOptions): Promise<void> {
  const {env, talk} = options;
  if (findProgram('apt-get', env) === null || findProgram('dpkg-deb', env) === null) {
    throw new ProvisionProblem(
      `${wanted.package} cannot be fetched: no apt-get and dpkg-deb here (not a Debian family?)`,
    );
  }

  const aptDir = join(options.cacheDir, 'apt');
  const lock = await waitForLock(join(options.cacheDir, 'apt.lock'), options);
  try {
    if (existsSync(wanted.target)) {
      return; // Another process fetched it while this one waited.
    }

    talk(`fetching ${wanted.package} from this distribution's packages (once, no root needed)`);
    const archive = await download(wanted.package, aptDir, options);
    await takeOut(archive, wanted, aptDir, options);
    talk(`fetched ${basename(archive)}`);
  } catch (error) {
    throw asProblem(wanted.package, error);
  } finally {
    lock.release();
  }
}

async function waitForLock(path: string, {talk, signal}: FetchOptions): Promise<Lock> {
  let told = false;
  for (;;) {
    const lock = tryLock(path);
    if ('release' in lock) {
      return lock;
    }

    if (!told) {
      talk(`waiting for process ${lock.holder.pid}, which is fetching packages`);
      told = true;
    }

    await sleep(lockPollMs, undefined, {signal});
  }
}

/**
 * Lists are fetched only when there are none yet, or when the package that they name is no longer
 * served.
 */
async function download(name: string, aptDir: string, options: FetchOptions): Promise<string> {
  const config = await configure(aptDir);
  const into = join(aptDir, 'archives', name);
  await mkdir(into, {recursive: true});
  const apt = (...args: string[]) =>
    run('apt-get', ['-c', config, '-q', ...args], {
      cwd: into,
      env: {...options.env, LC_ALL: 'C', DEBIAN_FRONTEND: 'noninteractive'},
      timeout: aptTimeoutMs,
      signal: options.signal,
      maxBuffer: 16 * 1024 * 1024,
    });

  const hadLists = (await readdir(join(aptDir, 'lists'))).some(file => file.includes('Packages'));
  try {
    if (!hadLists) {
      // One unreachable extra source fails the whole update, though ours may be there: the download
      // decides.
      await apt('update').catch(() => {});
    }

    await apt('download', name);
  } catch (error) {
    if (!hadLists || options.signal?.aborted === true) {
      throw error;
    }

    await apt('update').catch(() => {});
    await apt('download', name);
  }

  const archives = (await readdir(into)).filter(file => file.endsWith('.deb')).toSorted();
  const archive = archives.at(-1);
  if (archive === undefined) {
    throw new ProvisionProblem(`apt-get download left no package for ${name}`);
  }

  return join(into, archive);
}

const quoted = (path: string) => `"${path.replaceAll('"', '\\"')}"`;

async function configure(aptDir: string): Promise<string> {
  await mkdir(join(aptDir, 'lists', 'partial'), {recursive: true});
  await mkdir(join(aptDir, 'cache', 'archives', 'partial'), {recursive: true});
  const config = join(aptDir, 'apt.conf');
  const lines = [
    // The system's hooks would clean the system's caches.
    '#clear APT::Update::Post-Invoke;',
    '#clear APT::Update::Post-Invoke-Success;',
    `Dir::State ${quoted(aptDir)};`,
    `Dir::State::lists ${quoted(join(aptDir, 'lists'))};`,
    `Dir::Cache ${quoted(join(aptDir, 'cache'))};`,
    'Debug::NoLocking "1";',
    'APT::Sandbox::User "";',
    'Acquire::Languages "none";',
    'Acquire::Retries "2";',
    'Acquire::http::Timeout "20";',
    'Acquire::https::Timeout "20";',
    '',
  ];
  await writeFile(config, lines.join('\n'));
  return config;
}

async function takeOut(archive: string, wanted: DebianFile, aptDir: string, options: FetchOptions) {
  const root = await mkdtemp(join(aptDir, 'unpacked-'));
  try {
    await run('dpkg-deb', ['-x', archive, root], {env: options.env, signal: options.signal});
    const files = await readdir(root, {recursive: true});
    const found = files.find(file => wanted.path.test(file));
    if (found === undefined) {
      throw new ProvisionProblem(`${basename(archive)} has no file ${wanted.path}`);
    }

    await mkdir(dirname(wanted.target), {recursive: true});
    // Through a link of the package the file itself is copied, and the rename makes it appear
    // whole.
    const draft = `${wanted.target}.draft`;
    await copyFile(join(root, found), draft);
    await chmod(draft, 0o755);
    await rename(draft, wanted.target);
  } finally {
    await rm(root, {recursive: true, force: true});
  }
}

function asProblem(name: string, error: unknown): unknown {
  if (error instanceof ProvisionProblem || errorCode(error) === 'ABORT_ERR') {
    return error;
  }

  const said = errorOutput(error).split('\n').at(-1);
  const why = said === undefined || said === '' ? String(error) : said;
  return new ProvisionProblem(`${name} could not be fetched: ${why}`, {cause: error});
}
