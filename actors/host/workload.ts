/**
 * Workload: how busy this host is, as other hosts are told and as its own background work asks
 * before it takes from clients.
 */
import type {Load} from '../../src/liveness/digest.js';
import type {Mailbox} from '../../src/mailbox.js';
import type {CoordinatorMail} from '../coordinator/coordinator.messages.js';
import type {Gate} from '../partition/gate.js';
import type {Shared} from './shared.js';

export type WorkloadPorts = {
  readonly shared: Shared;
  readonly gates: ReadonlyMap<number, Gate>;
  /** The coordinator's. */
  readonly mailbox: Mailbox<CoordinatorMail>;
  /** Requests that the coordinator has begun. */
  readonly inFlight: () => number;
};

/** The host is busy while as many operations or more are in flight. */
const BUSY_OPERATIONS = 32;

export class Workload {
  constructor(private readonly ports: WorkloadPorts) {}

  get isBusy(): boolean {
    const {shared, inFlight} = this.ports;
    return inFlight() + shared.objects.commits.depth >= BUSY_OPERATIONS;
  }

  report(): Omit<Load, 'loopDelayMs'> {
    const {shared, gates, mailbox, inFlight} = this.ports;
    const depths = [...gates.values()].map(gate => gate.mailbox.depth);
    return {
      requests: inFlight(),
      requestsMax: mailbox.bound,
      mailbox: depths.reduce((sum, depth) => sum + depth, mailbox.depth),
      commitMs: shared.commitMs(),
    };
  }
}

/** Half of what a host can take is under way; of one that was not heard of, nothing is held. */
export function isLoaded(load: Load | null): boolean {
  return load !== null && 2 * load.requests > load.requestsMax;
}
