/**
 * The mixes of operations that are measured: single operations, and the core workloads of YCSB
 * (B. F. Cooper et al., "Benchmarking Cloud Serving Systems with YCSB", SoCC 2010, table 2).
 *
 * Two things differ from YCSB. There is no E: it scans, and Quorate has no scans. And an update
 * writes the whole record, since a store of opaque values has no fields.
 *
 * An update comes in two kinds, as a bucket's writers may choose: `put` carries no context and
 * overwrites what is there, `update` reads first and carries what it saw.
 */
import type {Distribution} from '../keys/choosers.js';

export const OPERATIONS = ['get', 'put', 'insert', 'update'] as const;
export type Operation = (typeof OPERATIONS)[number];

export type Workload = {
  readonly means: string;
  readonly keys: Distribution;
  /** Parts of a whole, by operation. */
  readonly mix: Readonly<Partial<Record<Operation, number>>>;
};

export const WORKLOADS = {
  put: {means: 'overwrite a record, no context', keys: 'uniform', mix: {put: 1}},
  get: {means: 'read a record', keys: 'uniform', mix: {get: 1}},
  update: {
    means: 'read a record, then write it with its context',
    keys: 'uniform',
    mix: {update: 1},
  },
  A: {means: 'YCSB A, 50 % updates without context', keys: 'zipfian', mix: {get: 0.5, put: 0.5}},
  B: {means: 'YCSB B, 5 % updates without context', keys: 'zipfian', mix: {get: 0.95, put: 0.05}},
  C: {means: 'YCSB C, reads', keys: 'zipfian', mix: {get: 1}},
  D: {means: 'YCSB D, reads of the latest', keys: 'latest', mix: {get: 0.95, insert: 0.05}},
  F: {
    means: 'YCSB F, 50 % read, then write with context',
    keys: 'zipfian',
    mix: {get: 0.5, update: 0.5},
  },
} as const satisfies Readonly<Record<string, Workload>>;

export type WorkloadName = keyof typeof WORKLOADS;

export const isWorkload = (name: string): name is WorkloadName => Object.hasOwn(WORKLOADS, name);
