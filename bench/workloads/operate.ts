/** Turns a workload into operations on a system, one at a time, each with how it ended. */
import {chooser, type Distribution} from '../keys/choosers.js';
import {fractions} from '../keys/random.js';
import type {Outcome} from '../measure/recorder.js';
import type {Driver} from '../systems/system.js';
import {keyOf} from './records.js';
import {OPERATIONS, type Operation, type Workload} from './workloads.js';

export type Records = {
  /** Records that were loaded. */
  readonly loaded: number;
  /** Records that inserts added since, acknowledged ones. */
  inserted: number;
};

export type OperateOptions = {
  readonly driver: Driver;
  readonly workload: Workload;
  /** In the place of the workload's own. */
  readonly keys: Distribution | undefined;
  readonly records: Records;
  readonly value: () => Uint8Array;
  readonly seed: number;
};

/** Carries out the workload's next operation. Rejects when that fails. */
export function operations(options: OperateOptions): () => Promise<Outcome> {
  const {driver, workload, records, value, seed} = options;
  const fraction = fractions(seed);
  const choose = chooser(options.keys ?? workload.keys, records.loaded, fraction);
  const pick = picker(workload, fraction);
  const key = () => keyOf(choose(records.loaded + records.inserted));
  let inserting = records.loaded + records.inserted;
  const carryOut: Record<Operation, () => Promise<Outcome>> = {
    get: async () => ((await driver.get(key())) === null ? 'missing' : 'done'),
    async put() {
      await driver.put(key(), value());
      return 'done';
    },
    async insert() {
      const record = inserting;
      inserting += 1;
      await driver.put(keyOf(record), value());
      records.inserted += 1;
      return 'done';
    },
    async update() {
      const record = key();
      const seen = await driver.get(record);
      if (seen === null) {
        return 'missing';
      }

      return (await driver.update(record, value(), seen)) ? 'done' : 'conflict';
    },
  };
  return () => carryOut[pick()]();
}

/** Draws operations in the proportions of the mix; a mix of one draws nothing. */
function picker({mix}: Workload, fraction: () => number): () => Operation {
  const parts = OPERATIONS.filter(operation => (mix[operation] ?? 0) > 0);
  const last = parts.at(-1) ?? 'get';
  if (parts.length === 1) {
    return () => last;
  }

  return () => {
    let left = fraction();
    for (const operation of parts) {
      left -= mix[operation] ?? 0;
      if (left < 0) {
        return operation;
      }
    }

    return last;
  };
}
