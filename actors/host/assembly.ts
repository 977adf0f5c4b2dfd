/**
 * Assembly: everything of a host that depends on the topology, put together. Makes the actors that
 * the host machine supervises, each anew for every start.
 */
import type {AnyActorRef} from 'xstate';
import type {HybridClock} from '../../src/causality/hlc.js';
import type {Counters} from '../../src/counters.js';
import {Shedding} from '../../src/edge/shedding.js';
import type {Failpoints} from '../../src/failpoints.js';
import type {Liveness} from '../../src/liveness.js';
import {Mailbox} from '../../src/mailbox.js';
import type {ObjectStore} from '../../src/store/object-store.js';
import {Subjects} from '../../src/subjects.js';
import type {Topology} from '../../src/topology/document.js';
import {ownersOf, partitionsOf, standInsOf} from '../../src/topology/lookup.js';
import {ITEM} from '../../src/wire/host-items.js';
import {bindCoordinator} from '../coordinator/coordinator.effects.js';
import type {CoordinatorMail} from '../coordinator/coordinator.messages.js';
import {Gossip} from '../gossip/gossip.effects.js';
import {Gate} from '../partition/gate.js';
import {bindPartition} from '../partition/partition.effects.js';
import type {PartitionInput} from '../partition/partition.messages.js';
import {bindScrub} from '../scrub/scrub.effects.js';
import type {VnodeOperation} from '../vnode/vnode.messages.js';
import type {Doors} from './doors.js';
import {makeDoors} from './front.js';
import {HintService} from './hint-service.js';
import type {HostConfig, HostPorts} from './host.effects.js';
import type {MadeActor} from './host.messages.js';
import {Neighbours} from './neighbours.js';
import type {TreeNode} from './tree.js';
import {fillVacancies, Vacancies} from './vacancies.js';

export type Shared = HostPorts & {
  readonly config: HostConfig;
  readonly counters: Counters;
  readonly failpoints: Failpoints;
  readonly objects: ObjectStore;
  readonly hybrid: HybridClock;
  readonly liveness: Liveness;
  /** How long the last commit took, or the one under way takes already. */
  readonly commitMs: () => number;
  readonly mayContinue: () => boolean;
  /** A child of the host by id, to send it something. */
  readonly child: (id: string) => AnyActorRef | undefined;
  readonly progress: () => void;
  readonly tree: () => TreeNode;
  readonly emit: (kind: string, details: Readonly<Record<string, unknown>>) => void;
};

/** How often deadlines and slow reads are looked at while requests are in flight. */
const TICK_MS = 10;
/** The host is busy, to the scrub, while as many operations or more are in flight. */
const BUSY_OPERATIONS = 32;
const SCRUB = {yieldMs: 1_000, yieldsMax: 30};

export class Assembly {
  readonly children: readonly string[];
  readonly #gates = new Map<number, Gate>();
  readonly #neighbours: Neighbours;
  readonly #hints: HintService;
  readonly #gossip: Gossip;
  readonly #coordinator: ReturnType<typeof bindCoordinator>;
  readonly #mailbox: Mailbox<CoordinatorMail>;
  readonly #scrub;
  readonly #doors: Doors;
  readonly #vacancies: Vacancies;
  readonly #shedding: Shedding;
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
      linked: (peer, isLinked) => {
        this.#gossip.linked(peer, isLinked);
        this.#vacancies.look(peer);
        if (!isLinked) {
          this.#coordinator.desk.peerLost(peer);
        }
      },
      gone: (peer, why) => this.#gossip.lost(peer, why),
    });
    this.#gossip = new Gossip({
      ...shared,
      self: config.id,
      peers: this.#neighbours.peers,
      options: config.gossip,
      isLinked: peer => this.#neighbours.isLinked(peer),
      send: (peer, item) => this.#neighbours.send(peer, item),
      load: () => this.#load(),
    });
    this.#neighbours.takers.set(ITEM.gossip, this.#gossip.take);
    this.#vacancies = new Vacancies({
      ...shared,
      self: config.id,
      peers: this.#neighbours.peers,
      isLinked: peer => this.#neighbours.isLinked(peer),
      changed: () => fillVacancies(topology, config.id, this.#vacancies, this.#doors),
    });
    this.#hints = new HintService({shared, topology, neighbours: this.#neighbours, gate});
    this.#coordinator = this.#bindCoordinator(gate);
    this.#shedding = new Shedding({
      ...shared,
      subjects,
      host: config.id,
      options: config.shedding,
    });
    this.#scrub = bindScrub({...shared, isBusy: () => this.#isBusy()}, config.scrub);
    this.#doors = makeDoors({
      shared,
      topology,
      subjects,
      neighbours: this.#neighbours,
      mailbox: this.#mailbox,
      gate,
      areGone: owners => this.#vacancies.areGone(owners),
      shedding: this.#shedding,
      status: () => this.#status(),
      hints: () => this.#hints.report(),
    });
    this.children = [
      'coordinator',
      ...this.#hints.children,
      'gossip',
      'scrub',
      ...this.#neighbours.peers.map(peer => `link.${peer}`),
      ...[...this.#gates.keys()].map(partition => `partition.${partition}`),
    ];
  }

  /** True once every partition serves and every peer has welcomed us. */
  get isReady(): boolean {
    return (
      this.#hints.isKeeping &&
      [...this.#gates.values()].every(gate => gate.admits) &&
      this.#neighbours.peers.every(peer => this.#neighbours.isLinked(peer))
    );
  }

  make(child: string): MadeActor {
    const [kind, name = ''] = child.split('.');
    switch (kind) {
      case 'coordinator':
        return {logic: this.#coordinator.machine, input: {tickMs: TICK_MS}};
      case 'hints':
      case 'delivery':
        return this.#hints.make(child);
      case 'gossip':
        return {logic: this.#gossip.machine, input: this.#gossip.input};
      case 'scrub':
        return {logic: this.#scrub.machine, input: SCRUB};
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
      case 'hints':
      case 'delivery':
        return this.#hints.depthOf(id);
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
    this.#hints.close();
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

  #bindCoordinator(gate: (partition: number) => Gate | undefined) {
    const {shared, topology} = this;
    return bindCoordinator({
      ...shared,
      self: shared.config.id,
      mailbox: this.#mailbox,
      gate,
      owners: (partition, n) => ownersOf(topology, partition, n),
      standIns: partition => standInsOf(topology, partition),
      epochOf: partition => topology.partitionEpochs[partition] ?? 0,
      isLinked: peer => this.#neighbours.isLinked(peer),
      isDown: peer => shared.liveness.stateOf(peer) === 'down',
      hints: this.#hints.desk,
      send: (peer, item) => this.#neighbours.send(peer, item),
    });
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

  #load() {
    const depths = [...this.#gates.values()].map(gate => gate.mailbox.depth);
    return {
      requests: this.#coordinator.desk.inFlight,
      requestsMax: this.#mailbox.bound,
      mailbox: depths.reduce((sum, depth) => sum + depth, this.#mailbox.depth),
      commitMs: this.shared.commitMs(),
    };
  }

  #isBusy(): boolean {
    const {commits} = this.shared.objects;
    return this.#coordinator.desk.inFlight + commits.depth >= BUSY_OPERATIONS;
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
      liveness: this.#gossip.report(),
      durability: config.store.durability,
      requestsInFlight: this.#coordinator.desk.inFlight,
      hints: this.#hints.summary(),
      load: this.#shedding.report,
      scrub: this.#scrub.status(),
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
