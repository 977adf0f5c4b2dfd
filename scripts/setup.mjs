/**
 * Makes a clone ready to run: checks Node, installs packages, compiles. Runs before `npm start` and
 * `npm test`, as plain JavaScript on nothing but Node, since nothing else is there yet.
 *
 * Invariants:
 *   1. What is up to date is left alone: a second run takes a fraction of a second.
 *   2. Packages and build are stamped only when they are complete, so an interrupted run is done
 *      over.
 *   3. Two runs at once do not disturb each other: the second waits.
 *   4. `dist` is replaced as a whole, so nothing of a deleted source stays, and a failed build
 *      leaves the old one.
 */
import {spawnSync} from 'node:child_process';
import {createHash} from 'node:crypto';
import {existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, renameSync} from 'node:fs';
import {rmSync, statSync, writeFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';

const project = dirname(dirname(fileURLToPath(import.meta.url)));
const inProject = (...names) => join(project, ...names);
const oldestNode = [20, 19];
const lockStaleMs = 600_000;

const say = line => process.stderr.write(`setup: ${line}\n`);

try {
  checkNode();
  const unlock = await lock();
  try {
    install();
    build();
  } finally {
    unlock();
  }
} catch (error) {
  say(error.message);
  process.exitCode = 1;
}

function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major < oldestNode[0] || (major === oldestNode[0] && minor < oldestNode[1])) {
    throw new Error(`Node ${oldestNode.join('.')} or newer is needed, this is ${process.version}`);
  }
}

function install() {
  const modules = inProject('node_modules');
  const stamp = join(modules, '.quorate-lock');
  const wanted = digest([
    ['platform', `${process.platform}-${process.arch}`],
    ['package-lock.json', readFileSync(inProject('package-lock.json'))],
  ]);
  if (process.env['QUORATE_SKIP_INSTALL'] === '1' || readOrEmpty(stamp) === wanted) {
    return;
  }

  if (lstatSync(modules, {throwIfNoEntry: false})?.isSymbolicLink()) {
    return; // Somebody else's folder, linked here on purpose: not ours to replace.
  }

  timed('installing packages (npm ci)', () => {
    // Developers' packages hold the compiler, so they are needed also where NODE_ENV says
    // production.
    npm('ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error');
  });
  writeFileSync(stamp, wanted);
}

function build() {
  const folders = ['src', 'actors', 'test', 'bench'].filter(name => existsSync(inProject(name)));
  const sources = folders.flatMap(filesBelow).filter(name => name.endsWith('.ts'));
  const inputs = [...sources, 'tsconfig.json', 'package-lock.json'];
  const wanted = digest(inputs.map(name => [name, readFileSync(inProject(name))]));
  const stamp = inProject('dist', '.built-from');
  if (readOrEmpty(stamp) === wanted) {
    return;
  }

  // The compiler writes beside `dist` at the same depth, so that source maps hold after the move.
  const fresh = inProject('dist.new');
  rmSync(fresh, {recursive: true, force: true});
  timed(`compiling ${sources.length} files (tsc)`, () => {
    const tsc = inProject('node_modules', 'typescript', 'bin', 'tsc');
    run(
      process.execPath,
      [tsc, '--project', project, '--outDir', fresh],
      'the sources do not compile',
    );
  });
  writeFileSync(join(fresh, '.built-from'), wanted);
  rmSync(inProject('dist'), {recursive: true, force: true});
  renameSync(fresh, inProject('dist'));
}

function npm(...args) {
  const script = process.env['npm_execpath'];
  const hint =
    'packages could not be installed: is the package registry reachable? npm says why above';
  if (script?.endsWith('.js')) {
    run(process.execPath, [script, ...args], hint);
  } else {
    run('npm', args, hint);
  }
}

/** What the program prints goes to stderr: stdout belongs to the command that comes after. */
function run(program, args, hint) {
  const {status, signal, error} = spawnSync(program, args, {
    cwd: project,
    stdio: ['ignore', 2, 2],
  });
  if (error) {
    throw new Error(`${program}: ${error.message}`);
  }

  if (status !== 0) {
    throw new Error(signal ? `stopped by ${signal}` : hint);
  }
}

function timed(what, work) {
  say(`${what} ...`);
  const started = performance.now();
  work();
  say(`done in ${((performance.now() - started) / 1000).toFixed(1)} s`);
}

function filesBelow(folder) {
  return readdirSync(inProject(folder), {withFileTypes: true})
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap(entry => {
      const name = `${folder}/${entry.name}`;
      return entry.isDirectory() ? filesBelow(name) : [name];
    });
}

function digest(parts) {
  const hash = createHash('sha256');
  for (const [name, content] of parts) {
    hash.update(`${name}\0${content.length}\0`).update(content);
  }

  return hash.digest('hex');
}

function readOrEmpty(path) {
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}

/**
 * A folder is made by one process only. One left by a run that died, or that is very old, is taken
 * over.
 */
async function lock() {
  const folder = inProject('.cache', 'setup.lock');
  const owner = join(folder, 'pid');
  mkdirSync(dirname(folder), {recursive: true});
  let told = false;
  for (;;) {
    try {
      mkdirSync(folder);
      writeFileSync(owner, String(process.pid));
      return () => rmSync(folder, {recursive: true, force: true});
    } catch (error) {
      if (error.code !== 'EEXIST') {
        throw error;
      }
    }

    if (isAbandoned(folder, Number(readOrEmpty(owner)))) {
      rmSync(folder, {recursive: true, force: true});
      continue;
    }

    if (!told) {
      say('waiting for another set-up of this folder');
      told = true;
    }

    await new Promise(resolve => {
      setTimeout(resolve, 200);
    });
  }
}

function isAbandoned(folder, pid) {
  const made = statSync(folder, {throwIfNoEntry: false})?.mtimeMs;
  if (made === undefined) {
    return false;
  }

  const ageMs = Date.now() - made;
  // A lock without a number is one that is just being made.
  return ageMs > lockStaleMs || (pid > 0 ? !isRunning(pid) : ageMs > 5_000);
}

function isRunning(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}
