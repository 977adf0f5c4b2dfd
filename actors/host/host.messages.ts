import type {AnyActorLogic} from 'xstate';
import type {RestartPolicy} from '../../src/supervision.js';
import type {Topology} from '../../src/topology/document.js';
import type {StoreInput, StoreReport} from '../store/store.messages.js';
import type {TopologyInput} from '../topology/topology.messages.js';

/** All a host can be told. Its children's crashes reach it as xstate's error events. */
export type HostEvent =
  | StoreReport
  | {type: 'host.topology'; document: Topology}
  /** Something that readiness depends on has changed. */
  | {type: 'host.progress'}
  /** The broker knows of every door. */
  | {type: 'host.doorsOpen'}
  | {type: 'host.restart'; child: string}
  | {type: 'host.stop'}
  /** No request can arrive any more. */
  | {type: 'host.doorsClosed'}
  | {type: 'host.left'};

export type MadeActor = {readonly logic: AnyActorLogic; readonly input: unknown};

/** The actors of a host, by id, each made anew when it is started or restarted. */
export type Crew = {
  readonly store: () => AnyActorLogic;
  readonly topology: () => AnyActorLogic;
  /**
   * Everything that needs the topology: coordinator, links, partitions. Empty before it is known.
   */
  readonly others: () => readonly string[];
  readonly make: (child: string) => MadeActor;
};

export type HostInput = {
  readonly crew: Crew;
  readonly storeInput: StoreInput;
  readonly topologyInput: TopologyInput;
  readonly restartPolicy: RestartPolicy;
  /**
   * After so long without progress, of its own or with its peers, a host says it is ready without
   * them.
   */
  readonly joinGraceMs: number;
  /** How long requests under way may take when the host stops. */
  readonly drainMs: number;
  readonly nowMs: () => number;
};

export type Crash = {readonly restarts: number; readonly lastError: string};

export type HostContext = HostInput & {
  /** By child id: what has crashed, how often, and why last. */
  crashes: Readonly<Record<string, Crash>>;
  recentMs: readonly number[];
  failure: unknown;
  /** While it joins: steps of time since the last progress, and those that are left to it. */
  steps: number;
  stepsLeft: number;
};
