/**
 * Runs the broker and ends it when `up` is gone. The broker itself cannot watch a channel; this
 * small process can. Started as a program: broker-guard.js HOST PORT COMMAND ARGS...
 *
 * Invariants:
 *   1. When the channel to `up` closes, the broker is stopped, at the latest by force after a
 *      second.
 *   2. `ready` is said once the broker greets at its address.
 *   3. It ends as the broker ended.
 */
import {spawn} from 'node:child_process';
import {setTimeout as sleep} from 'node:timers/promises';
import {greetsAsBroker} from './port.js';

const patienceMs = 1_000;
const pollMs = 50;

const [host = '', port = '', program = '', ...args] = process.argv.slice(2);
const broker = spawn(program, args, {stdio: ['ignore', 'inherit', 'inherit']});

const stop = () => {
  broker.kill('SIGTERM');
  setTimeout(() => broker.kill('SIGKILL'), patienceMs).unref();
};

process.once('disconnect', stop);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, stop);
}

broker.once('error', error => {
  process.stderr.write(`${program} could not be started: ${error.message}\n`);
  process.exit(1);
});
broker.once('exit', (code, signal) => {
  if (signal === null) {
    process.exit(code ?? 1);
  }

  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
});

while (!(await greetsAsBroker({host, port: Number(port)}))) {
  await sleep(pollMs);
}

process.send?.({type: 'ready'});
