/**
 * What is measured, and in which order.
 *
 * Invariant: within a round the systems follow one another at each point, in an order that is
 * another one at the next point and in the next round. What drifts on the machine hits all alike.
 */
import type {Load, SliceResult} from './generator/protocol.js';
import {copiesOf, SYSTEMS} from './systems/catalog.js';
import type {SystemName} from './systems/system.js';
import type {WorkloadName} from './workloads/workloads.js';

export type Plan = {
  readonly systems: readonly SystemName[];
  readonly workloads: readonly WorkloadName[];
  /** Closed loops. */
  readonly inFlight: readonly number[];
  /** Open loops, of single operations only: they are about latency. */
  readonly rates: readonly number[];
};

export type Point = {readonly workload: WorkloadName; readonly load: Load};

/** One system at one point, with what it reached in each round. */
export type Measured = {
  readonly system: SystemName;
  readonly point: Point;
  readonly results: SliceResult[];
};

const OPEN_WORKLOADS: readonly WorkloadName[] = ['put', 'get'];
const OUTSTANDING_MAX = 4_096;

/** Point by point, each with the systems that can be asked it. */
export function planned({systems, workloads, inFlight, rates}: Plan): Measured[][] {
  const points = workloads.flatMap(workload => [
    ...inFlight.map((count): Point => ({workload, load: {kind: 'closed', inFlight: count}})),
    ...(OPEN_WORKLOADS.includes(workload) ? rates : []).map((ratePerSecond): Point => {
      return {workload, load: {kind: 'open', ratePerSecond, outstandingMax: OUTSTANDING_MAX}};
    }),
  ]);
  return points.map(point =>
    systems
      .filter(system => canBeAsked(system, point))
      .map(system => ({system, point, results: []})),
  );
}

/** RocksDB is a limit of throughput: nothing is due at it. */
function canBeAsked(system: SystemName, {workload, load}: Point): boolean {
  const copies = copiesOf(system, workload);
  return copies !== null && (load.kind === 'closed' || SYSTEMS[system].kind !== 'rocksdb');
}

export function roundOf(points: ReadonlyArray<readonly Measured[]>, round: number): Measured[] {
  return points.flatMap((measured, index) => {
    const shift = (round + index) % Math.max(1, measured.length);
    return [...measured.slice(shift), ...measured.slice(0, shift)];
  });
}

export function describePoint({workload, load}: Point): string {
  const how = load.kind === 'closed' ? `${load.inFlight} in flight` : `${load.ratePerSecond}/s due`;
  return `${workload}, ${how}`;
}
