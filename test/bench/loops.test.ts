import test from 'ava';
import {closedLoop} from '../../bench/measure/closed-loop.js';
import type {Loop} from '../../bench/measure/loop.js';
import {openLoop} from '../../bench/measure/open-loop.js';
import {type Outcome, Recorder} from '../../bench/measure/recorder.js';
import {SimClock} from '../../src/sim/clock.js';
import {runToEnd} from './sim-run.js';

const SERVICE_MS = 2;
const WINDOW_MS = 4_000;

type Stall = {readonly fromMs: number; readonly toMs: number};

/** A store that needs 2 ms for an operation, and stands still for a while. */
function bed(stall: Stall, warmUpMs = 0) {
  const clock = new SimClock();
  const recorder = new Recorder();
  const most = {now: 0, ever: 0};
  const failures: unknown[] = [];
  const loop: Loop = {
    clock,
    recorder,
    warmUpMs,
    measureMs: WINDOW_MS,
    operate: () =>
      new Promise<Outcome>(resolve => {
        most.now += 1;
        most.ever = Math.max(most.ever, most.now);
        const nowMs = clock.nowMs();
        const isStalled = nowMs >= stall.fromMs && nowMs < stall.toMs;
        clock.setTimeout(
          () => {
            most.now -= 1;
            resolve('done');
          },
          SERVICE_MS + (isStalled ? stall.toMs - nowMs : 0),
        );
      }),
    onBegin() {},
    onEnd() {},
    onFailure: cause => failures.push(cause),
  };
  return {clock, recorder, loop, most, failures};
}

const oneSecond: Stall = {fromMs: 1_000, toMs: 2_000};
const never: Stall = {fromMs: 0, toMs: 0};

test('open loop: a stall shows in the latency of all that was due during it', async t => {
  const {clock, recorder, loop} = bed(oneSecond);
  const over = openLoop(loop, {ratePerSecond: 100, outstandingMax: 1_000});
  await runToEnd(clock);
  await over;
  // A quarter of all operations was due within the stall, and waited for half a second on average.
  t.true(recorder.summary.p99Ms > 900);
  t.true(recorder.summary.p50Ms < 10);
  t.is(recorder.summary.outcomes.late, 0);
});

test('closed loop: the same stall hides behind one operation', async t => {
  const {clock, recorder, loop, most} = bed(oneSecond);
  const over = closedLoop(loop, 1);
  await runToEnd(clock);
  await over;
  t.true(recorder.summary.p99Ms < 10);
  t.true(recorder.summary.maxMs > 900);
  t.is(most.ever, 1);
});

test('closed loop: throughput is what ends within the window, without the warm-up', async t => {
  const {clock, recorder, loop} = bed(never, 500);
  const over = closedLoop(loop, 8);
  await runToEnd(clock);
  await over;
  t.is(recorder.summary.seconds, WINDOW_MS / 1_000);
  const expected = (8 * WINDOW_MS) / SERVICE_MS;
  t.true(Math.abs(recorder.summary.operations - expected) <= 8);
});

test('open loop: what cannot be begun is recorded as late, with the time it waited', async t => {
  const {clock, recorder, loop, most} = bed({fromMs: 1_000, toMs: 60_000});
  const over = openLoop(loop, {ratePerSecond: 100, outstandingMax: 10});
  await runToEnd(clock);
  await over;
  const {done, late} = recorder.summary.outcomes;
  t.is(most.ever, 10);
  t.true(Math.abs(done + late - 400) <= 1);
  t.true(late >= 289);
  t.true(recorder.summary.p50Ms > 900);
});

test('loops: an operation that fails is counted as failed, and not as throughput', async t => {
  const {clock, recorder, loop, failures} = bed(never);
  const failing = {...loop, operate: () => Promise.reject<Outcome>(new Error('refused'))};
  const over = openLoop(failing, {ratePerSecond: 100, outstandingMax: 10});
  await runToEnd(clock);
  await over;
  t.is(recorder.summary.operations, 0);
  t.true(Math.abs(recorder.summary.outcomes.failed - 400) <= 1);
  t.true(failures.length >= 399);
});

test('recorder: what is under way at the end is waited for, recorded, and no throughput', t => {
  const recorder = new Recorder();
  recorder.begin(0);
  recorder.ended(10, 20, 'done');
  recorder.end(1_000);
  recorder.ended(990, 3_990, 'done');
  recorder.ended(1_001, 1_002, 'done');
  t.is(recorder.summary.operations, 1);
  t.is(recorder.summary.outcomes.done, 2);
  t.true(Math.abs(recorder.summary.maxMs - 3_000) < 5);
});
