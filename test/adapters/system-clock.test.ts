import {once} from 'node:events';
import {Worker} from 'node:worker_threads';
import test from 'ava';
import {SystemClock} from '../../src/adapters/system-clock.js';
import {testClock} from '../contracts/clock-contract.js';
import {until} from '../helpers/until.js';

testClock(test, 'system', () => ({clock: new SystemClock(), until}));

test('setTimeout: refuses a delay that the machine cannot keep', t => {
  const clock = new SystemClock();
  for (const delayMs of [2 ** 31, Infinity, Number.NaN]) {
    t.throws(() => clock.setTimeout(() => {}, delayMs), {instanceOf: RangeError});
  }
});

test('endOfTurn: comes after the microtasks of the turn', async t => {
  const clock = new SystemClock();
  const ran: string[] = [];
  clock.endOfTurn(() => ran.push('end'));
  queueMicrotask(() => {
    ran.push('microtask');
    queueMicrotask(() => ran.push('its microtask'));
  });
  await until(() => ran.length === 3);
  t.deepEqual(ran, ['microtask', 'its microtask', 'end']);
});

test('endOfTurn: one that throws is an uncaught error and keeps no other from running', async t => {
  const module = new URL('../../src/adapters/system-clock.js', import.meta.url).href;
  const code = `
    const {SystemClock} = await import('${module}');
    const {parentPort} = await import('node:worker_threads');
    const clock = new SystemClock();
    process.once('uncaughtException', error => parentPort.postMessage(error.message));
    clock.endOfTurn(() => { throw new Error('the first'); });
    clock.endOfTurn(() => parentPort.postMessage('the second'));
  `;
  const url = new URL(`data:text/javascript,${encodeURIComponent(code)}`);
  const worker = new Worker(url);
  const heard = new Set<unknown>();
  worker.on('message', message => heard.add(message));
  await once(worker, 'exit');
  t.is(heard.size, 2);
  t.true(heard.has('the first') && heard.has('the second'));
});
