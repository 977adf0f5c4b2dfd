/**
 * Assembly: everything of a host that depends on the topology, put together: its services, and the
 * front that clients meet. A service is made here, with what it needs of the others, and listed
 * once; all else that a host does with its services it does with all of them.
 */
import {Mailbox} from '../../src/mailbox.js';
import {Subjects} from '../../src/subjects.js';
import type {Topology} from '../../src/topology/document.js';
import type {CoordinatorDesk} from '../coordinator/desk.js';
import type {CoordinatorMail} from '../coordinator/coordinator.messages.js';
import type {Gossip} from '../gossip/gossip.effects.js';
import type {Gate} from '../partition/gate.js';
import type {RepairDesk} from '../repair/repair.effects.js';
import {Front} from './front.js';
import type {MadeActor} from './host.messages.js';
import {takeQuestions} from './questions.js';
import {CoordinatorService} from './services/coordinator.js';
import {GossipService} from './services/gossip.js';
import {HintService} from './services/hints.js';
import {Neighbours} from './services/neighbours.js';
import {Partitions} from './services/partitions.js';
import {PurgeService} from './services/purge.js';
import {RepairService} from './services/repair.js';
import {ScrubService} from './services/scrub.js';
import {type Parts, required, type Service} from './services/service.js';
import type {Shared} from './shared.js';
import {Workload} from './workload.js';

export class Assembly {
  readonly #neighbours: Neighbours;
  readonly #gossip: Gossip;
  readonly #coordinator: CoordinatorDesk;
  readonly #repair: RepairDesk;
  readonly #front: Front;
  /** In the order in which their children start, and in which they are closed. */
  readonly #services: readonly Service[];
  readonly #serviceOf: ReadonlyMap<string, Service>;

  constructor(
    private readonly shared: Shared,
    private readonly topology: Topology,
  ) {
    const subjects = new Subjects(topology.cluster.name);
    const mailbox = new Mailbox<CoordinatorMail>(shared.clock, shared.config.mailboxMax * 16);
    const partitions = new Partitions({shared, topology, changed: gate => this.#gateChanged(gate)});
    const {gates} = partitions;
    const neighbours = new Neighbours(shared, topology, subjects, {
      gate: partition => gates.get(partition),
      reply: reply => this.#coordinator.reply(reply),
      linked: (peer, isLinked) => this.#linkChanged(peer, isLinked),
      gone: (peer, why) => this.#gossip.lost(peer, why),
    });
    const inFlight = () => this.#coordinator.inFlight;
    const workload = new Workload({shared, gates, mailbox, inFlight});
    const parts: Parts = {shared, topology, gates, neighbours, workload};
    const gossip = new GossipService(parts);
    const hints = new HintService(parts);
    const coordinator = new CoordinatorService({...parts, mailbox, hints: hints.desk});
    const repair = new RepairService({
      ...parts,
      loadOf: host => gossip.gossip.loadOf(host),
      hasHintsFor: peer => hints.hasHintsFor(peer),
    });
    const purge = new PurgeService({
      ...parts,
      underWay: () => new Set([...coordinator.desk.underWay(), ...repair.desk.sending]),
      keptFor: asked => hints.keptFor(asked),
    });
    const scrub = new ScrubService(parts);
    takeQuestions(neighbours.takers, [
      (peer, item, answer) => repair.desk.take(peer, item, answer),
      (_peer, item, answer) => purge.desk.take(item, answer),
    ]);
    this.#neighbours = neighbours;
    this.#gossip = gossip.gossip;
    this.#coordinator = coordinator.desk;
    this.#repair = repair.desk;
    this.#services = [coordinator, repair, purge, hints, gossip, scrub, neighbours, partitions];
    this.#serviceOf = new Map(
      this.#services.flatMap(service => service.children.map(child => [child, service] as const)),
    );
    this.#front = new Front({
      ...parts,
      subjects,
      mailbox,
      status: () => this.#status(),
      repair: scope => repair.desk.report(scope),
      hints: () => hints.report(),
    });
  }

  /** Ids of all actors of the services. */
  get children(): readonly string[] {
    return [...this.#serviceOf.keys()];
  }

  /** True once every partition serves and every peer has welcomed us. */
  get isReady(): boolean {
    return this.#services.every(({isReady = true}) => isReady);
  }

  /** A child, anew for every start. */
  make(child: string): MadeActor {
    return required(this.#serviceOf.get(child), child).make(child);
  }

  /** Operations that wait for the actor with this id, or are under way. */
  depthOf(child: string): number {
    return this.#serviceOf.get(child)?.depthOf?.(child) ?? 0;
  }

  /** `done` once the broker knows of every door. */
  openDoors(done: () => void): void {
    this.#front.doors.open(done);
  }

  closeDoors(done: () => void): void {
    this.#front.doors.close(done);
  }

  /** The coordinator has finished: nothing more is taken on for the peers either. */
  closeServices(): void {
    for (const service of this.#services) {
      service.close?.();
    }
  }

  /** The store is closed, so all that the peers had asked for is answered. */
  leave(done: () => void): void {
    this.#neighbours.leave(done);
  }

  #linkChanged(peer: string, isLinked: boolean): void {
    this.#gossip.linked(peer, isLinked);
    this.#front.linkChanged(peer);
    if (isLinked) {
      this.#repair.linked(peer);
    } else {
      this.#coordinator.peerLost(peer);
    }
  }

  #gateChanged(gate: Gate): void {
    this.#front.gateChanged(gate);
    this.#repair.gateChanged(gate);
    this.shared.progress();
  }

  #status() {
    const {config, counters} = this.shared;
    const {cluster, epoch} = this.topology;
    return {
      host: config.id,
      version: config.version,
      cluster: {id: cluster.id, name: cluster.name},
      epoch,
      durability: config.store.durability,
      ...Object.assign({}, ...this.#services.map(service => service.status?.())),
      ...this.#front.status(),
      counters: counters.all(),
    };
  }
}
