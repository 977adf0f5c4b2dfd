/** The coordinator of a host: whom it asks for copies, and where its requests wait. */
import type {Mailbox} from '../../../src/mailbox.js';
import {ownersOf, standInsOf} from '../../../src/topology/lookup.js';
import {bindCoordinator} from '../../coordinator/coordinator.effects.js';
import type {CoordinatorMail} from '../../coordinator/coordinator.messages.js';
import type {HintDesk} from '../../hints/hints.messages.js';
import type {MadeActor} from '../host.messages.js';
import type {Parts, Service} from './service.js';

export type CoordinatorParts = Parts & {
  readonly mailbox: Mailbox<CoordinatorMail>;
  readonly hints: HintDesk;
};

/** How often deadlines and slow reads are looked at while requests are in flight. */
const TICK_MS = 10;

export class CoordinatorService implements Service {
  readonly children = ['coordinator'];
  readonly #bound: ReturnType<typeof bindCoordinator>;

  constructor(private readonly parts: CoordinatorParts) {
    const {shared, topology, gates, neighbours} = parts;
    this.#bound = bindCoordinator({
      ...shared,
      self: shared.config.id,
      mailbox: parts.mailbox,
      gate: partition => gates.get(partition),
      owners: (partition, n) => ownersOf(topology, partition, n),
      standIns: partition => standInsOf(topology, partition),
      epochOf: partition => topology.partitionEpochs[partition] ?? 0,
      isLinked: peer => neighbours.isLinked(peer),
      hasMail: peer => neighbours.hasMail(peer),
      isDown: peer => shared.liveness.stateOf(peer) === 'down',
      hints: parts.hints,
      send: (peer, item) => neighbours.send(peer, item),
    });
  }

  get desk() {
    return this.#bound.desk;
  }

  make(): MadeActor {
    return {logic: this.#bound.machine, input: {tickMs: TICK_MS}};
  }

  depthOf(): number {
    return this.parts.mailbox.depth + this.desk.inFlight;
  }

  status() {
    return {requestsInFlight: this.desk.inFlight};
  }
}
