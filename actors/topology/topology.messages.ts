import type {Topology} from '../../src/topology/document.js';

export type TopologyEvent =
  /** What was found on disk: null on a host's first start. */
  | {type: 'topology.read'; stored: Topology | null}
  | {type: 'topology.kept'}
  | {type: 'topology.failed'; cause: unknown};

export type TopologyInput = {
  /** What the host was started with; null when it relies on what it has stored. */
  readonly given: Topology | null;
};

export type TopologyContext = TopologyInput & {current: Topology | null; refusal: string};
