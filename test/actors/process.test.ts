import test from 'ava';
import {SimulatedClock} from 'xstate';
import {type Launch, startProcess} from '../../actors/process/process.effects.js';
import {backoffMs} from '../../actors/process/process.machine.js';
import type {Exit, ProcessInput, ProcessReport} from '../../actors/process/process.messages.js';

const crash: Exit = {code: null, signal: 'SIGKILL'};
const incurable = 70;

/**
 * A supervised process whose operating system is this test: `launches` counts, `calls` lists what
 * it was asked.
 */
function supervise(input: Partial<ProcessInput> = {}) {
  const clock = new SimulatedClock();
  const reports: ProcessReport[] = [];
  const calls: string[] = [];
  let current: Parameters<Launch>[0] = {ready() {}, progress() {}, exit() {}};
  const actor = startProcess(
    {
      clock,
      tell: report => reports.push(report),
      launch(on) {
        current = on;
        calls.push('launch');
        return {askToStop: () => calls.push('stop'), kill: () => calls.push('kill')};
      },
    },
    {
      restart: true,
      isIncurable: code => code === incurable,
      startTimeoutMs: 120_000,
      stopTimeoutMs: 8_000,
      ...input,
    },
  );
  return {
    actor,
    clock,
    reports,
    calls,
    launches: () => calls.filter(call => call === 'launch').length,
    ready: () => current.ready(),
    progress: () => current.progress(),
    exit: (exit: Exit) => current.exit(exit),
    isGone: () => actor.getSnapshot().status === 'done',
  };
}

test('restart: a new process is launched only after the last one was seen to exit', t => {
  const {clock, ready, exit, launches} = supervise();
  ready();
  clock.increment(3_600_000);
  t.is(launches(), 1);
  exit(crash);
  t.is(launches(), 1);
  clock.increment(499);
  t.is(launches(), 1);
  clock.increment(1);
  t.is(launches(), 2);
});

test('restart: the delay doubles from half a second to half a minute', t => {
  const delays = [1, 2, 3, 4, 5, 6, 7, 8, 100].map(backoffMs);
  t.deepEqual(delays, [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
});

test('restart: a process that was ready is restarted for ever, its delays as reported', t => {
  const {clock, ready, exit, launches, reports} = supervise();
  for (let failures = 1; failures <= 10; failures++) {
    ready();
    exit(crash);
    t.deepEqual(reports.at(-1), {kind: 'exited', exit: crash, restartInMs: backoffMs(failures)});
    clock.increment(backoffMs(failures));
    t.is(launches(), failures + 1);
  }
});

test('restart: the delay starts over after a ready minute', t => {
  const {clock, ready, exit, reports} = supervise();
  ready();
  exit(crash);
  clock.increment(500);
  ready();
  clock.increment(60_000);
  exit(crash);
  t.deepEqual(reports.at(-1), {kind: 'exited', exit: crash, restartInMs: 500});
});

test('restart: an exit that a restart cannot cure ends it', t => {
  const {clock, ready, exit, isGone, launches} = supervise();
  ready();
  exit({code: incurable, signal: null});
  clock.increment(60_000);
  t.true(isGone());
  t.is(launches(), 1);
});

test('restart: five failures of one that never got ready end it', t => {
  const {clock, exit, isGone, launches} = supervise();
  for (let tries = 1; tries <= 5; tries++) {
    t.is(launches(), tries);
    t.false(isGone());
    exit({code: 1, signal: null});
    clock.increment(30_000);
  }

  t.true(isGone());
  t.is(launches(), 5);
});

test('restart: the first exit ends one that is not to be restarted', t => {
  const {ready, exit, isGone, reports} = supervise({restart: false});
  ready();
  exit(crash);
  t.true(isGone());
  t.deepEqual(reports.at(-1), {kind: 'exited', exit: crash, restartInMs: null});
});

test('stop: nothing is launched after a stop was asked while waiting to restart', t => {
  const {actor, clock, ready, exit, isGone, launches} = supervise();
  ready();
  exit(crash);
  actor.send({type: 'keep.stop'});
  t.true(isGone());
  clock.increment(60_000);
  t.is(launches(), 1);
});

test('stop: the process is asked, and its exit ends it without a restart', t => {
  const {actor, ready, exit, isGone, calls} = supervise();
  ready();
  actor.send({type: 'keep.stop'});
  t.false(isGone());
  exit({code: 0, signal: null});
  t.true(isGone());
  t.deepEqual(calls, ['launch', 'stop']);
});

test('stop: one that outlasts its time ends in a kill', t => {
  const {actor, clock, ready, exit, isGone, calls} = supervise();
  ready();
  actor.send({type: 'keep.stop'});
  clock.increment(7_999);
  t.deepEqual(calls, ['launch', 'stop']);
  clock.increment(1);
  t.deepEqual(calls, ['launch', 'stop', 'kill']);
  exit(crash);
  t.true(isGone());
});

test('stop: asked a second time, it is killed at once', t => {
  const {actor, ready, calls} = supervise();
  ready();
  actor.send({type: 'keep.stop'});
  actor.send({type: 'keep.stop'});
  t.deepEqual(calls, ['launch', 'stop', 'kill']);
});

test('start: one that is not ready in time is killed, and that counts as a failure', t => {
  const {clock, exit, calls, reports} = supervise({startTimeoutMs: 1_000});
  clock.increment(1_000);
  t.deepEqual(calls, ['launch', 'kill']);
  t.deepEqual(reports, [{kind: 'overdue'}]);
  exit(crash);
  t.deepEqual(reports.at(-1), {kind: 'exited', exit: crash, restartInMs: 500});
});

test('timeout: a start that makes progress is waited for, one that ceases to is killed', t => {
  const {clock, progress, calls, reports} = supervise();
  for (let minute = 0; minute < 10; minute += 1) {
    clock.increment(60_000);
    progress();
  }
  t.deepEqual(calls, ['launch']);
  clock.increment(120_000);
  t.deepEqual(calls, ['launch', 'kill']);
  t.deepEqual(reports, [{kind: 'overdue'}]);
});
