/**
 * Assembly: everything of a host that depends on the topology, put together. Makes the actors that
 * the host machine supervises, each anew for every start.
 */
import type {AnyActorRef} from 'xstate';
import type {HybridClock} from '../../src/causality/hlc.js';
import type {Counters} from '../../src/counters.js';
import type {Failpoints} from '../../src/failpoints.js';
import type {Liveness} from '../../src/liveness.js';
import {Mailbox} from '../../src/mailbox.js';
import type {ObjectStore} from '../../src/store/object-store.js';
import {Subjects} from '../../src/subjects.js';
import type {Topology} from '../../src/topology/document.js';
import {ownersOf, partitionsOf} from '../../src/topology/lookup.js';
import {bindCoordinator} from '../coordinator/coordinator.effects.js';
import type {CoordinatorMail} from '../coordinator/coordinator.messages.js';
import {Gate} from '../partition/gate.js';
import {bindPartition} from '../partition/partition.effects.js';
import type {PartitionInput} from '../partition/partition.messages.js';
import type {VnodeOperation} from '../vnode/vnode.messages.js';
import type {Doors} from './doors.js';
import {makeDoors} from './front.js';
import type {HostConfig, HostPorts} from './host.effects.js';
import type {MadeActor} from './host.messages.js';
import {Neighbours} from './neighbours.js';
import type {TreeNode} from './tree.js';

export type Shared = HostPorts & {
  readonly config: HostConfig;
  readonly counters: Counters;
  readonly failpoints: Failpoints;
  readonly objects: ObjectStore;
  readonly hybrid: HybridClock;
  readonly liveness: Liveness;
  readonly mayContinue: () => boolean;
  /** A child of the host by id, to send it something. */
  readonly child: (id: string) => AnyActorRef | undefined;
  readonly progress: () => void;
  readonly tree: () => TreeNode;
  readonly emit: (kind: string, details: Readonly<Record<string, unknown>>) => void;
};

/** How often deadlines and slow reads are looked at while requests are in flight. */
const TICK_MS = 10;

export class Assembly {
  readonly children: readonly string[];
  readonly #gates = new Map<number, Gate>();
  readonly #neighbours: Neighbours;
  readonly #coordinator;
  readonly #mailbox: Mailbox<CoordinatorMail>;
  readonly #doors: Doors;
  /** Children that were made before: a vnode under them never continues an incarnation. */
  readonly #started = new Set<string>();

  constructor(
    private readonly shared: Shared,
    private readonly topology: Topology,
  ) {
    const {config, clock} = shared;
    const subjects = new Subjects(topology.cluster.name);
    const gate = (partition: number) => this.#gates.get(partition);
    this.#mailbox = new Mailbox(clock, config.mailboxMax * 16);
    this.#addGates();
    this.#neighbours = new Neighbours(shared, topology, subjects, {
      gate,
      reply: reply => this.#coordinator.desk.reply(reply),
      lost: peer => this.#coordinator.desk.peerLost(peer),
    });
    this.#coordinator = bindCoordinator({
      ...shared,
      self: config.id,
      mailbox: this.#mailbox,
      gate,
      isLinked: peer => this.#neighbours.isLinked(peer),
      send: (peer, item) => this.#neighbours.send(peer, item),
    });
    this.#doors = makeDoors({
      shared,
      topology,
      subjects,
      neighbours: this.#neighbours,
      mailbox: this.#mailbox,
      gate,
      status: () => this.#status(),
    });
    this.children = [
      'coordinator',
      ...this.#neighbours.peers.map(peer => `link.${peer}`),
      ...[...this.#gates.keys()].map(partition => `partition.${partition}`),
    ];
  }

  /** True once every partition serves and every peer has welcomed us. */
  get isReady(): boolean {
    return (
      [...this.#gates.values()].every(gate => gate.admits) &&
      this.#neighbours.peers.every(peer => this.#neighbours.isLinked(peer))
    );
  }

  make(child: string): MadeActor {
    const [kind, name = ''] = child.split('.');
    switch (kind) {
      case 'coordinator':
        return {logic: this.#coordinator.machine, input: {tickMs: TICK_MS}};
      case 'link': {
        const link = this.#neighbours.link(name);
        const input = {peer: name, greetEveryMs: this.shared.config.greetEveryMs};
        return {logic: required(link, child).machine, input};
      }
      default:
        return this.#makePartition(child, required(this.#gates.get(Number(name)), child));
    }
  }

  /** Operations that wait for the actor with this id. */
  depthOf(id: string): number {
    const [kind, name = ''] = id.split('.');
    switch (kind) {
      case 'coordinator':
        return this.#mailbox.depth + this.#coordinator.desk.inFlight;
      case 'link':
        return this.#neighbours.link(name)?.outbox.depth ?? 0;
      case 'partition':
        return this.#gates.get(Number(name))?.mailbox.depth ?? 0;
      default:
        return 0;
    }
  }

  /** `done` once the broker knows of every door. */
  openDoors(done: () => void): void {
    this.#doors.open(done);
  }

  closeDoors(done: () => void): void {
    this.#doors.close(done);
  }

  /** The coordinator has finished: nothing more is taken on for the peers either. */
  closePartitions(): void {
    for (const id of this.children) {
      if (id.startsWith('partition.')) {
        this.shared.child(id)?.send({type: 'partition.close'});
      }
    }
  }

  /** The store is closed, so all that the peers had asked for is answered. */
  leave(done: () => void): void {
    this.#neighbours.leave(done);
  }

  #addGates(): void {
    const {config, clock} = this.shared;
    for (const partition of partitionsOf(this.topology, config.id)) {
      const epoch = this.topology.partitionEpochs[partition] ?? 0;
      const owners = ownersOf(this.topology, partition);
      const mailbox = new Mailbox<VnodeOperation>(clock, config.mailboxMax);
      this.#gates.set(partition, new Gate(partition, epoch, owners, mailbox));
    }
  }

  #makePartition(child: string, gate: Gate): MadeActor {
    const {shared} = this;
    const logic = bindPartition({
      ...shared,
      gate,
      onGate: (partition, admits) => {
        this.#doors.setGate(partition, admits);
        shared.progress();
      },
      onCrash: (partition, error) =>
        shared.emit('crash', {actor: `partition.${partition}/vnode`, error}),
      onStalled: error =>
        shared.emit('stalled', {actor: `partition.${gate.partition}/vnode`, error}),
    });
    const input: PartitionInput = {
      partition: gate.partition,
      mayContinue: shared.mayContinue() && !this.#started.has(child),
      restartPolicy: shared.config.restartPolicy,
      nowMs: () => shared.clock.nowMs(),
    };
    this.#started.add(child);
    return {logic, input};
  }

  #status() {
    const {config, counters} = this.shared;
    return {
      host: config.id,
      version: config.version,
      cluster: {id: this.topology.cluster.id, name: this.topology.cluster.name},
      epoch: this.topology.epoch,
      partitionsOwned: this.#gates.size,
      partitionsServing: [...this.#gates.values()].filter(gate => gate.admits).length,
      peers: Object.fromEntries(
        this.#neighbours.peers.map(peer => [
          peer,
          this.#neighbours.isLinked(peer) ? 'linked' : 'unlinked',
        ]),
      ),
      durability: config.store.durability,
      requestsInFlight: this.#coordinator.desk.inFlight,
      counters: counters.all(),
    };
  }
}

function required<Value>(value: Value | undefined, child: string): Value {
  if (value === undefined) {
    throw new Error(`this host has no ${child}`);
  }

  return value;
}
