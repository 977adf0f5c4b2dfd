/**
 * Assembly: everything of a host that depends on the topology, put together: gates, links, coordinator, doors.
 * Makes the actors that the host machine supervises, each anew for every start.
 */
import type {AnyActorLogic, AnyActorRef} from 'xstate';
import type {HybridClock} from '../../src/causality/hlc.js';
import type {Counters} from '../../src/counters.js';
import {Admission, type Admitted} from '../../src/edge/admission.js';
import {ClientRequests} from '../../src/edge/client-requests.js';
import {serveDiscovery} from '../../src/edge/discovery.js';
import {PlainRequests} from '../../src/edge/plain-requests.js';
import {Questions} from '../../src/edge/questions.js';
import type {Failpoints} from '../../src/failpoints.js';
import {Mailbox} from '../../src/mailbox.js';
import type {ObjectStore} from '../../src/store/object-store.js';
import {Subjects} from '../../src/subjects.js';
import {
  ownersOf,
  policyOf,
  publicTopology,
  type Topology,
} from '../../src/topology/document.js';
import type {Envelope} from '../../src/wire/host-frames.js';
import {bindCoordinator} from '../coordinator/coordinator.effects.js';
import type {Answer, CoordinatorMail} from '../coordinator/coordinator.messages.js';
import {bindLink} from '../link/link.effects.js';
import {Reception} from '../link/reception.js';
import {Gate} from '../partition/gate.js';
import {bindPartition} from '../partition/partition.effects.js';
import {Doors} from './doors.js';
import type {HostConfig, HostPorts} from './host.effects.js';
import type {TreeNode} from './tree.js';

export type Shared = HostPorts & {
  readonly config: HostConfig;
  readonly counters: Counters;
  readonly failpoints: Failpoints;
  readonly objects: ObjectStore;
  readonly hybrid: HybridClock;
  readonly mayContinue: () => boolean;
  /** A child of the host by id, to send it something. */
  readonly child: (id: string) => AnyActorRef | undefined;
  readonly progress: () => void;
  readonly tree: () => TreeNode;
  readonly emit: (kind: string, details: Readonly<Record<string, unknown>>) => void;
};

type Link = ReturnType<typeof bindLink>;

export class Assembly {
  readonly children: readonly string[];
  readonly #gates = new Map<number, Gate>();
  readonly #links = new Map<string, Link>();
  readonly #coordinator;
  readonly #mailbox: Mailbox<CoordinatorMail>;
  readonly #doors: Doors;
  readonly #subjects: Subjects;
  readonly #started = new Set<string>();

  constructor(
    private readonly shared: Shared,
    private readonly topology: Topology,
  ) {
    const {config, clock} = shared;
    this.#subjects = new Subjects(topology.cluster.name);
    this.#mailbox = new Mailbox(clock, config.mailboxMax * 16);
    this.#addGates();
    const peers = topology.hosts.map(host => host.id).filter(id => id !== config.id);
    const incarnation = Buffer.from(shared.random.bytes(16)).toString('base64url');
    const envelope = (): Envelope => ({
      cluster: topology.cluster.id,
      from: config.id,
      fromIncarnation: incarnation,
      toIncarnation: '',
      epoch: topology.epoch,
    });
    this.#addLinks(peers, envelope);
    this.#coordinator = bindCoordinator({
      ...shared,
      self: config.id,
      mailbox: this.#mailbox,
      gate: partition => this.#gates.get(partition),
      isLinked: peer => this.#links.get(peer)?.outbox.isOpen === true,
      send: (peer, item) => this.#links.get(peer)?.outbox.post(item) === true,
    });
    this.#receive(envelope);
    this.#doors = this.#makeDoors();
    this.children = [
      'coordinator',
      ...peers.map(peer => `link.${peer}`),
      ...[...this.#gates.keys()].map(partition => `partition.${partition}`),
    ];
  }
}
