/**
 * `npm test`: sets up what the tests need, then lint, format and all tests. Arguments go to AVA,
 * for example `npm test -- dist/test/actors/process.test.js`. The last line is `N passed, N
 * failed`, with `, N skipped` when some were.
 */
import {spawn} from 'node:child_process';
import {existsSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {stripVTControlCharacters} from 'node:util';

const project = dirname(dirname(fileURLToPath(import.meta.url)));
const module = (...names) => join(project, 'node_modules', ...names);
const checked = ['src', 'actors', 'test', 'bench', 'scripts', 'bin'].filter(name =>
  existsSync(join(project, name)),
);
const say = line => process.stderr.write(`test: ${line}\n`);

const counts = {passed: 0, failed: 0, skipped: 0};
await main();
const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : '';
process.stdout.write(`\n${counts.passed} passed, ${counts.failed} failed${skipped}\n`);
process.exitCode = counts.failed > 0 || counts.passed === 0 ? 1 : 0;

async function main() {
  const built = await run([join(project, 'scripts', 'setup.mjs')]);
  if (built.code !== 0) {
    fail('set-up or compiling failed');
    return;
  }

  const env = await provision();
  if (env === null) {
    return;
  }

  const lint = await run([module('oxlint', 'bin', 'oxlint'), '--type-aware', ...checked]);
  if (lint.code !== 0) {
    fail('lint has findings');
  }

  const format = await run([module('@biomejs', 'biome', 'bin', 'biome'), 'format', ...checked]);
  if (format.code !== 0) {
    fail('files are not formatted: npx biome format --write, then look at the difference');
  }

  const ava = await run([module('ava', 'entrypoints', 'cli.mjs'), ...process.argv.slice(2)], env);
  tally(ava);
}

async function load(name) {
  return await import(new URL(`../dist/src/provision/${name}.js`, import.meta.url).href);
}

/** The environment for the tests, or null when broker or storage engine cannot be had. */
async function provision() {
  try {
    const [{findBroker}, {ensureLibatomic, withLibraries}] = await Promise.all([
      load('broker'),
      load('libatomic'),
    ]);
    const {path, version} = await findBroker({env: process.env, talk: say});
    say(`broker: nats-server ${version} (${path})`);
    const libraries = await ensureLibatomic({env: process.env, talk: say});
    return withLibraries({...process.env, QUORATE_NATS_SERVER: path}, libraries);
  } catch (error) {
    fail(error.message);
    return null;
  }
}

function fail(why) {
  counts.failed += 1;
  say(why);
}

/**
 * AVA ends with lines such as `3 tests passed`; exceptions outside of tests are counted as failures
 * too.
 */
function tally({code, output, ticks}) {
  const count = pattern =>
    [...output.matchAll(pattern)].reduce((sum, [, number]) => sum + Number(number), 0);
  // When some fail, AVA counts only those; each that passed has had its tick all the same.
  counts.passed += count(/^\s*(\d+) tests? passed$/gm) || ticks;
  counts.skipped += count(/^\s*(\d+) tests? skipped$/gm);
  const failed =
    count(/^\s*(\d+) tests? failed$/gm) +
    count(/^\s*(\d+) uncaught exceptions?$/gm) +
    count(/^\s*(\d+) unhandled rejections?$/gm);
  counts.failed += failed === 0 && code !== 0 ? 1 : failed;
}

/**
 * Runs a script with Node. What it prints is passed on as it comes, and its end kept for counting.
 */
async function run(args, env = process.env) {
  return await new Promise(resolve => {
    const child = spawn(process.execPath, args, {
      cwd: project,
      env: process.stdout.isTTY ? {...env, FORCE_COLOR: '1'} : env,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    let ticks = 0;
    child.stdout.on('data', bytes => {
      process.stdout.write(bytes);
      output = (output + bytes).slice(-16_384);
      ticks += String(bytes).split('✔').length - 1;
    });
    child.once('error', error => resolve({code: 1, output: error.message, ticks}));
    child.once('close', code => resolve({code, output: stripVTControlCharacters(output), ticks}));
  });
}
