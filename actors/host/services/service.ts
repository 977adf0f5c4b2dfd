/**
 * Service: a part of a host that is made of actors under the host's supervision. The host knows of
 * it what stands here and nothing else.
 *
 * Invariants:
 *   1. A child belongs to one service, and keeps its name for as long as its host lives.
 *   2. A child is made anew for every start; what is to outlive its crash is kept by the service.
 */
import type {Topology} from '../../../src/topology/document.js';
import type {Gate} from '../../partition/gate.js';
import type {MadeActor} from '../host.messages.js';
import type {Shared} from '../shared.js';
import type {Workload} from '../workload.js';
import type {Neighbours} from './neighbours.js';

export interface Service {
  /** Ids of the actors it is made of, in the order in which they start. */
  readonly children: readonly string[];
  /** One of its children. */
  make(child: string): MadeActor;
  /** Operations that wait for a child, or are under way; none where it is left out. */
  depthOf?(child: string): number;
  /** What `quorate status` shows of it. */
  status?(): Readonly<Record<string, unknown>>;
  /** False while the host had better not serve yet. */
  readonly isReady?: boolean;
  /** The host stops, and its coordinator has finished: nothing more is begun. */
  close?(): void;
}

/** What services are made from. */
export type Parts = {
  readonly shared: Shared;
  readonly topology: Topology;
  /** Of the partitions owned here. */
  readonly gates: ReadonlyMap<number, Gate>;
  readonly neighbours: Neighbours;
  readonly workload: Workload;
};

export function required<Value>(value: Value | undefined, child: string): Value {
  if (value === undefined) {
    throw new Error(`this host has no ${child}`);
  }

  return value;
}
