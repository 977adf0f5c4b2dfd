/** A thread that runs the seeds it is given, one at a time, and tells how each went. */
import {parentPort} from 'node:worker_threads';
import type {Faults} from '../../sim/faults.js';
import {runSeed} from '../../sim/run.js';

export type SeedTask = {readonly seed: number; readonly faults: Faults};

parentPort?.on('message', ({seed, faults}: SeedTask) => {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, no window
  parentPort?.postMessage(runSeed(seed, {faults}));
});
