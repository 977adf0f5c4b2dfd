#!/usr/bin/env node
/**
 * The command as `npx quorate` runs it. Committed and executable, because what the compiler writes
 * is neither there before the first build nor marked executable, and npm remembers a command that
 * it could not link.
 *
 * Only `host` opens the store in its own process. Where the project fetched a shared library for
 * the store, the loader has to be told before the process starts: then the host runs in a second
 * process.
 */
import {existsSync} from 'node:fs';
import {fileURLToPath} from 'node:url';

const main = new URL('../dist/src/main.js', import.meta.url);
const libraries = fileURLToPath(new URL('../.cache/lib', import.meta.url));

if (!existsSync(main)) {
  console.error('quorate is not built yet: run `npm start` in this folder first');
  process.exitCode = 1;
} else if (process.argv[2] === 'host' && needsLibraries()) {
  await runAgain();
} else {
  await import(main.href);
}

function needsLibraries() {
  const known = (process.env['LD_LIBRARY_PATH'] ?? '').split(':').includes(libraries);
  return !known && existsSync(`${libraries}/libatomic.so.1`);
}

/** Stands between the parent and the second process: messages, signals and the end pass through. */
async function runAgain() {
  const {spawn} = await import('node:child_process');
  const before = process.env['LD_LIBRARY_PATH'];
  const env = {...process.env, LD_LIBRARY_PATH: before ? `${libraries}:${before}` : libraries};
  // The channel is always there, so that the second process notices when this one is killed.
  const stdio = ['inherit', 'inherit', 'inherit', 'ipc'];
  const child = spawn(process.execPath, [...process.execArgv, ...process.argv.slice(1)], {
    env,
    stdio,
  });

  process.on('message', message => child.connected && child.send(message));
  process.on('disconnect', () => child.connected && child.disconnect());
  child.on('message', message => process.connected && process.send?.(message));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => child.kill(signal));
  }

  child.on('error', error => {
    console.error(`the host could not be started: ${error.message}`);
    process.exit(1);
  });
  child.on('exit', (code, signal) => {
    if (signal === null) {
      process.exit(code ?? 1);
    }

    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}
