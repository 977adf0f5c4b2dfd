/**
 * Assembly: everything of a host that depends on the topology, put together: gates, links,
 * coordinator, doors. Makes the actors that the host machine supervises, each anew for every start.
 */
import type {AnyActorRef} from 'xstate';
import type {HybridClock} from '../../src/causality/hlc.js';
import type {Counters} from '../../src/counters.js';
import {Admission, type Admitted} from '../../src/edge/admission.js';
import {ClientRequests} from '../../src/edge/client-requests.js';
import {serveDiscovery} from '../../src/edge/discovery.js';
import {PlainRequests} from '../../src/edge/plain-requests.js';
import {RequestStats} from '../../src/edge/request-stats.js';
import {answerQuestion} from '../../src/edge/questions.js';
import {Code} from '../../src/errors.js';
import type {Failpoints} from '../../src/failpoints.js';
import {Mailbox} from '../../src/mailbox.js';
import type {ObjectStore} from '../../src/store/object-store.js';
import {Subjects} from '../../src/subjects.js';
import {publicTopology, serializeTopology, type Topology} from '../../src/topology/document.js';
import {ownersOf, partitionsOf} from '../../src/topology/lookup.js';
import type {Envelope} from '../../src/wire/host-frames.js';
import {bindCoordinator} from '../coordinator/coordinator.effects.js';
import {refusal} from '../coordinator/answers.js';
import type {Answer, CoordinatorMail} from '../coordinator/coordinator.messages.js';
import {bindLink} from '../link/link.effects.js';
import {Reception} from '../link/reception.js';
import {Gate} from '../partition/gate.js';
import {bindPartition} from '../partition/partition.effects.js';
import type {PartitionInput} from '../partition/partition.messages.js';
import type {VnodeOperation} from '../vnode/vnode.messages.js';
import {Doors} from './doors.js';
import type {HostConfig, HostPorts} from './host.effects.js';
import type {MadeActor} from './host.messages.js';
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

/** How often deadlines and slow reads are looked at while requests are in flight. */
const TICK_MS = 10;

type Link = ReturnType<typeof bindLink>;

export class Assembly {
  readonly children: readonly string[];
  readonly #gates = new Map<number, Gate>();
  readonly #links = new Map<string, Link>();
  readonly #coordinator;
  readonly #mailbox: Mailbox<CoordinatorMail>;
  readonly #doors: Doors;
  readonly #subjects: Subjects;
  readonly #stats: RequestStats;
  /** Children that were made before: a vnode under them never continues an incarnation. */
  readonly #started = new Set<string>();
  readonly #secret: Uint8Array;

  constructor(
    private readonly shared: Shared,
    private readonly topology: Topology,
  ) {
    const {config, clock} = shared;
    this.#secret = Buffer.from(topology.cluster.secret, 'base64url');
    this.#subjects = new Subjects(topology.cluster.name);
    this.#stats = new RequestStats(shared.counters);
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

  /** True once every partition serves and every peer has welcomed us. */
  get isReady(): boolean {
    return (
      [...this.#gates.values()].every(gate => gate.admits) &&
      [...this.#links.values()].every(link => link.outbox.isOpen)
    );
  }

  make(child: string): MadeActor {
    const [kind, name = ''] = child.split('.');
    switch (kind) {
      case 'coordinator':
        return {logic: this.#coordinator.machine, input: {tickMs: TICK_MS}};
      case 'link': {
        const link = this.#links.get(name);
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
        return this.#links.get(name)?.outbox.depth ?? 0;
      case 'partition':
        return this.#gates.get(Number(name))?.mailbox.depth ?? 0;
      default:
        return 0;
    }
  }

  openDoors(): void {
    this.#doors.open();
    const {transport, clock, counters, config} = this.shared;
    const {id: host, version} = config;
    const subjects = this.#subjects;
    const stats = this.#stats;
    serveDiscovery({transport, clock, subjects, counters, stats, host, version});
  }

  closeDoors(done: () => void): void {
    this.#doors.close(done);
  }

  closePartitions(): void {
    for (const id of this.children) {
      const [kind] = id.split('.');
      if (kind === 'link' || kind === 'partition') {
        this.shared.child(id)?.send({type: kind === 'link' ? 'link.stop' : 'partition.close'});
      }
    }
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

  #addLinks(peers: readonly string[], envelope: () => Envelope): void {
    const {transport, clock, progress, emit} = this.shared;
    for (const peer of peers) {
      const link = bindLink(
        {
          transport,
          clock,
          subjects: this.#subjects,
          envelope,
          secret: this.#secret,
          onLinked: (_peer, linked) => {
            emit(linked ? 'linked' : 'unlinked', {peer});
            if (!linked) {
              this.#coordinator.desk.peerLost(peer);
            }

            progress();
          },
        },
        peer,
      );
      this.#links.set(peer, link);
    }
  }

  #receive(envelope: () => Envelope): void {
    const {shared} = this;
    const reception = new Reception({
      ...shared,
      subjects: this.#subjects,
      envelope,
      secret: this.#secret,
      isPeer: host => this.#links.has(host),
      incarnationOf: peer => this.#links.get(peer)?.incarnation() ?? '',
      welcomed: (peer, incarnation) =>
        shared.child(`link.${peer}`)?.send({type: 'link.welcomed', incarnation}),
      lost: peer => shared.child(`link.${peer}`)?.send({type: 'link.lost'}),
      gate: partition => this.#gates.get(partition),
      send: (peer, item) => this.#links.get(peer)?.outbox.post(item) === true,
      reply: reply => this.#coordinator.desk.reply(reply),
    });
    shared.transport.subscribe(this.#subjects.allOfHost(shared.config.id), {}, message =>
      reception.onMessage(message),
    );
    shared.transport.onConnected(connected => {
      for (const peer of connected ? [] : this.#links.keys()) {
        shared.child(`link.${peer}`)?.send({type: 'link.lost'});
      }
    });
  }

  #makeDoors(): Doors {
    const {shared, topology} = this;
    const admission = new Admission(topology, shared.clock);
    const ports = {
      ...shared,
      subjects: this.#subjects,
      stats: this.#stats,
      admission,
      epoch: topology.epoch,
      coordinate: (request: Admitted, answer: (answer: Answer) => void) =>
        this.#coordinate(request, answer),
      replicaFor: (request: Admitted) => this.#replicaFor(request),
    };
    const isReachable = (partition: number) =>
      ownersOf(topology, partition).some(owner => this.#links.get(owner)?.outbox.isOpen === true);
    const plain = new PlainRequests({...ports, isReachable});
    const client = new ClientRequests({
      ...ports,
      ask: (question, parameter) =>
        answerQuestion(
          {...shared, ...shared.config, status: () => this.#status()},
          question,
          parameter,
        ),
    });
    const info = Buffer.from(serializeTopology(publicTopology(topology)));
    return new Doors(shared.transport, this.#subjects, shared.config.id, {
      onPlain: message => plain.onMessage(message),
      onAddressed: message => plain.onMessage(message, true),
      onClient: message => client.onMessage(message),
      onInfo: message => {
        if (this.#subjects.isReplyAllowed(message.reply)) {
          shared.transport.publish(message.reply, info);
        } else {
          shared.counters.add('requests_dropped_reply_not_allowed');
        }
      },
    });
  }

  #coordinate(request: Admitted, answer: (answer: Answer) => void): boolean {
    const gate = this.#gates.get(request.partition);
    // A bucket with fewer copies than the cluster's n has owners that keep none: they must not be
    // counted.
    if (gate?.admits !== true || !gate.owners.slice(0, request.n).includes(this.shared.config.id)) {
      return false;
    }

    if (!this.#mailbox.post({request: {...request, answer}})) {
      const text =
        'this host has all the requests it can hold; nothing was applied; retry elsewhere';
      answer(refusal(Code.overloaded, text, request.n));
    }

    return true;
  }

  #replicaFor({partition, n}: Admitted): string | null {
    const replicas = ownersOf(this.topology, partition, n);
    return replicas.find(host => this.#links.get(host)?.outbox.isOpen === true) ?? null;
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
        [...this.#links].map(([peer, {outbox}]) => [peer, outbox.isOpen ? 'linked' : 'unlinked']),
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
