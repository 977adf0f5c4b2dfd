/**
 * A load generator: a process of its own with one connection to one system. Told what to do by the
 * bench, over a channel; ends with it.
 */
import {setTimeout as sleep} from 'node:timers/promises';
import {SystemClock} from '../../src/adapters/system-clock.js';
import {describeError} from '../../src/supervision.js';
import {fractions} from '../keys/random.js';
import {closedLoop} from '../measure/closed-loop.js';
import type {Loop} from '../measure/loop.js';
import {openLoop} from '../measure/open-loop.js';
import {
  cpuMicros,
  machineMicros,
  residentBytes,
  spent,
  type Usage,
} from '../measure/process-usage.js';
import {Recorder} from '../measure/recorder.js';
import {DRIVERS} from '../systems/drivers.js';
import type {Driver} from '../systems/system.js';
import {operations, type Records} from '../workloads/operate.js';
import {keyOf, values} from '../workloads/records.js';
import {WORKLOADS} from '../workloads/workloads.js';
import type {Reply, Request, Slice, SliceResult} from './protocol.js';

const TELL_EVERY_MS = 250;
/** A put that fails while records are loaded is tried so often, with a pause before each. */
const LOAD_TRIES = 10;
const LOAD_PAUSE_MS = 500;
const VALUE_SEED = 1;

const clock = new SystemClock();
let driver: Driver | null = null;
let value = values(0, fractions(VALUE_SEED));
let records: Records = {loaded: 0, inserted: 0};

process.on('message', (request: Request) => void answer(request));
process.on('disconnect', () => process.exit());

async function answer(request: Request): Promise<void> {
  try {
    tell(await carryOut(request));
  } catch (error) {
    tell({kind: 'failed', why: describeError(error)});
  }
}

function tell(reply: Reply): void {
  process.send?.(reply);
}

async function carryOut(request: Request): Promise<Reply> {
  switch (request.kind) {
    case 'open': {
      const open = await DRIVERS[request.system]();
      driver = await open(request.address);
      value = values(request.valueBytes, fractions(VALUE_SEED));
      return {kind: 'done'};
    }
    case 'load':
      await load(opened(), request);
      return {kind: 'done'};
    case 'run':
      return {kind: 'ran', result: await run(opened(), request.slice)};
    default:
      await driver?.close();
      return {kind: 'done'};
  }
}

function opened(): Driver {
  if (driver === null) {
    throw new TypeError('the generator was not told to open a system');
  }

  return driver;
}

/** Rejects with the first put that keeps failing. */
async function load(
  store: Driver,
  {from, to, inFlight}: {from: number; to: number; inFlight: number},
): Promise<void> {
  let next = from;
  let loaded = from;
  const work = async () => {
    while (next < to) {
      const key = keyOf(next);
      next += 1;
      await putPatiently(store, key);
      loaded += 1;
    }
  };
  const telling = setInterval(() => tell({kind: 'loading', loaded}), TELL_EVERY_MS);
  try {
    await Promise.all(Array.from({length: inFlight}, work));
  } finally {
    clearInterval(telling);
  }

  records = {loaded: to, inserted: 0};
}

async function putPatiently(store: Driver, key: string): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      await store.put(key, value());
      return;
    } catch (error) {
      if (tries === LOAD_TRIES) {
        throw error;
      }
    }

    await sleep(LOAD_PAUSE_MS);
  }
}

async function run(store: Driver, slice: Slice): Promise<SliceResult> {
  const processes = [{name: 'client', pid: process.pid}, ...slice.processes];
  const recorder = new Recorder();
  let before: Usage = {};
  let after: Usage = {};
  let machine = 0;
  let resident: Usage = {};
  let failure: string | null = null;
  const loop: Loop = {
    clock,
    recorder,
    warmUpMs: slice.warmUpMs,
    measureMs: slice.measureMs,
    operate: operations({
      driver: store,
      workload: WORKLOADS[slice.workload],
      keys: slice.keys,
      records,
      value,
      seed: slice.seed,
    }),
    onBegin() {
      before = cpuMicros(processes);
      machine = machineMicros();
    },
    onEnd() {
      after = cpuMicros(processes);
      machine = machineMicros() - machine;
      resident = residentBytes(processes);
    },
    onFailure(cause) {
      failure ??= describeError(cause);
    },
  };
  await (slice.load.kind === 'closed'
    ? closedLoop(loop, slice.load.inFlight)
    : openLoop(loop, slice.load));
  return {
    ...recorder.summary,
    cpuMicros: spent(before, after),
    machineMicros: machine,
    residentBytes: resident,
    failure,
  };
}
