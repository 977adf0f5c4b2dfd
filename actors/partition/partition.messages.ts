import type {RestartPolicy} from '../../src/supervision.js';

/** All a partition can be told. The vnode's crash reaches it as xstate's error event. */
export type PartitionEvent =
  /** Its vnode's phase. */
  | {type: 'partition.joining'}
  | {type: 'partition.serving'}
  | {type: 'partition.closed'}
  /** Repair has proven its joining vnode equal with all other owners. */
  | {type: 'partition.proven'}
  | {type: 'partition.close'};

export type PartitionInput = {
  readonly partition: number;
  /** See `VnodeInput`; holds for the first vnode only. */
  readonly mayContinue: boolean;
  readonly restartPolicy: RestartPolicy;
  /** The monotonic clock, for the restart budget. */
  readonly nowMs: () => number;
};

export type PartitionContext = PartitionInput & {
  /** Restarts since the start, for people. */
  restarts: number;
  /** When the latest restarts happened, by the monotonic clock, oldest first. */
  recentMs: readonly number[];
  lastError: string;
};
