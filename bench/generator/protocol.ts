/** What the bench and its load generators say to each other. */
import type {Distribution} from '../keys/choosers.js';
import type {Summary} from '../measure/recorder.js';
import type {Usage} from '../measure/process-usage.js';
import type {Address, Process, SystemName} from '../systems/system.js';
import type {WorkloadName} from '../workloads/workloads.js';

export type Load =
  | {readonly kind: 'closed'; readonly inFlight: number}
  | {readonly kind: 'open'; readonly ratePerSecond: number; readonly outstandingMax: number};

/** One stretch of load on one system. */
export type Slice = {
  readonly workload: WorkloadName;
  readonly keys: Distribution | undefined;
  readonly load: Load;
  readonly warmUpMs: number;
  readonly measureMs: number;
  readonly seed: number;
  /** Whose CPU and memory is measured with it; the generator's own comes on top. */
  readonly processes: readonly Process[];
};

export type SliceResult = Summary & {
  /** Within the window. */
  readonly cpuMicros: Usage;
  /** Of all cores together, whatever kept them busy. */
  readonly machineMicros: number;
  /** At the window's end. */
  readonly residentBytes: Usage;
  /** One of those that failed. */
  readonly failure: string | null;
};

export type Request =
  | {
      readonly kind: 'open';
      readonly system: SystemName;
      readonly address: Address;
      readonly valueBytes: number;
    }
  /** Puts records `from` up to but excluding `to`. */
  | {
      readonly kind: 'load';
      readonly from: number;
      readonly to: number;
      readonly inFlight: number;
    }
  | {readonly kind: 'run'; readonly slice: Slice}
  | {readonly kind: 'close'};

/** Answers come in the order of the requests, with any number of `loading` before one. */
export type Reply =
  | {readonly kind: 'loading'; readonly loaded: number}
  | {readonly kind: 'done'}
  | {readonly kind: 'ran'; readonly result: SliceResult}
  | {readonly kind: 'failed'; readonly why: string};
