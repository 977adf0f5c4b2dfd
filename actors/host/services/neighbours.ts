/**
 * Neighbours: this host's ways to all others and back: a link for each peer, and the reception that
 * takes what they send.
 *
 * Invariants:
 *   1. A peer counts as linked exactly while its outbox is open.
 *   2. A host that stops says goodbye to its peers, and from then on believes nobody: they learn at
 *      once that it is gone, and not by the requests they lose.
 */
import {type Loss, Reception} from '../../link/reception.js';
import {bindLink} from '../../link/link.effects.js';
import type {Reply} from '../../coordinator/coordinator.messages.js';
import type {Gate} from '../../partition/gate.js';
import type {Subjects} from '../../../src/subjects.js';
import type {Topology} from '../../../src/topology/document.js';
import type {Envelope} from '../../../src/wire/host-frames.js';
import type {HostItem, ItemTaker} from '../../../src/wire/host-items.js';
import {Errands} from '../../link/errands.js';
import type {MadeActor} from '../host.messages.js';
import type {Shared} from '../shared.js';
import {required, type Service} from './service.js';

type Link = ReturnType<typeof bindLink>;

/** Who takes which kinds of items: the actors that they are for register themselves. */
export type Takers = Map<number, ItemTaker>;

export type NeighbourEvents = {
  readonly gate: (partition: number) => Gate | undefined;
  readonly reply: (reply: Reply) => void;
  readonly linked: (peer: string, isLinked: boolean) => void;
  /** Somebody who knows says that nobody is there any more. */
  readonly gone: (peer: string, why: 'unheard' | 'goodbye') => void;
};

/** Within what any broker takes in one message. */
const BALLAST = new Uint8Array(512 * 1024);

export class Neighbours implements Service {
  readonly takers: Takers = new Map();
  /** What this host asks of its peers in bulk. */
  readonly errands: Errands;
  /** Flushes of the way that requests take. */
  readonly flushes: Errands;
  /** Of this process. */
  readonly incarnation: string;
  readonly #links = new Map<string, Link>();
  readonly #envelope: () => Envelope;
  readonly #secret: Uint8Array;
  #gone = false;

  constructor(
    private readonly shared: Shared,
    topology: Topology,
    private readonly subjects: Subjects,
    private readonly events: NeighbourEvents,
  ) {
    const {config, random, clock} = shared;
    this.errands = new Errands({clock, send: (peer, item) => this.sendBulk(peer, item)});
    this.flushes = new Errands({clock, send: (peer, item) => this.send(peer, item)});
    const fromIncarnation = Buffer.from(random.bytes(16)).toString('base64url');
    this.incarnation = fromIncarnation;
    this.#secret = Buffer.from(topology.cluster.secret, 'base64url');
    const envelope = {
      cluster: topology.cluster.id,
      from: config.id,
      fromIncarnation,
      toIncarnation: '',
      epoch: topology.epoch,
    };
    this.#envelope = () => envelope;
    for (const {id} of topology.hosts) {
      if (id !== config.id) {
        this.#links.set(id, this.#bind(id));
      }
    }

    this.#receive();
  }

  get peers(): readonly string[] {
    return [...this.#links.keys()];
  }

  get children(): string[] {
    return this.peers.map(peer => `link.${peer}`);
  }

  /** Every peer has welcomed us. */
  get isReady(): boolean {
    return this.peers.every(peer => this.isLinked(peer));
  }

  make(child: string): MadeActor {
    const [, peer = ''] = child.split('.');
    const {machine} = required(this.#links.get(peer), child);
    return {logic: machine, input: {peer, greetEveryMs: this.shared.config.greetEveryMs}};
  }

  depthOf(child: string): number {
    const [, peer = ''] = child.split('.');
    return this.#links.get(peer)?.outbox.depth ?? 0;
  }

  status() {
    const stateOf = (peer: string) => (this.isLinked(peer) ? 'linked' : 'unlinked');
    return {peers: Object.fromEntries(this.peers.map(peer => [peer, stateOf(peer)]))};
  }

  isLinked(peer: string): boolean {
    return this.#links.get(peer)?.outbox.isOpen === true;
  }

  /** A frame to the peer leaves at the end of this turn. */
  hasMail(peer: string): boolean {
    return (this.#links.get(peer)?.outbox.depth ?? 0) > 0;
  }

  /** The peer's present life; '' while not linked. */
  incarnationOf(peer: string): string {
    return this.#links.get(peer)?.incarnation() ?? '';
  }

  /** False when the peer's outbox did not take the item. */
  send(peer: string, item: HostItem): boolean {
    return this.#links.get(peer)?.outbox.post(item) === true;
  }

  /** False when the peer's outbox did not take the item. */
  sendBulk(peer: string, item: HostItem): boolean {
    return this.#links.get(peer)?.bulk.post(item) === true;
  }

  /** Sends what says nothing to the connection on which the peer takes requests. */
  fill(peer: string, bytes: number): void {
    const {bulk, counters} = this.shared;
    const subject = this.subjects.ballast(peer);
    for (let sent = 0; sent < bytes; sent += BALLAST.length) {
      bulk.publish(subject, BALLAST);
    }

    counters.add('ballast_sent', bytes);
  }

  /** `done` once the goodbyes have left, behind all that was still to be answered. */
  leave(done: () => void): void {
    this.#gone = true;
    for (const peer of this.#links.keys()) {
      this.#tell(peer, 'link.leave');
    }

    // The outboxes were to be flushed at the end of this turn before this was.
    this.shared.clock.endOfTurn(() => {
      for (const peer of this.#links.keys()) {
        this.#tell(peer, 'link.stop');
      }

      done();
    });
  }

  #bind(peer: string): Link {
    const {progress, emit} = this.shared;
    return bindLink(
      {
        ...this.shared,
        subjects: this.subjects,
        envelope: this.#envelope,
        secret: this.#secret,
        onLinked: (_peer, linked) => {
          emit(linked ? 'linked' : 'unlinked', {peer});
          if (!linked) {
            this.errands.peerLost(peer);
            this.flushes.peerLost(peer);
          }

          this.events.linked(peer, linked);

          progress();
        },
      },
      peer,
    );
  }

  #receive(): void {
    const {shared, subjects} = this;
    const reception = new Reception({
      ...shared,
      ...this.events,
      subjects,
      envelope: this.#envelope,
      secret: this.#secret,
      isPeer: host => this.#links.has(host),
      incarnationOf: peer => this.incarnationOf(peer),
      welcomed: (peer, incarnation) =>
        shared.child(`link.${peer}`)?.send({type: 'link.welcomed', incarnation}),
      lost: (peer, why) => this.#lose(peer, why),
      send: (peer, item) => this.send(peer, item),
      sendBulk: (peer, item) => this.sendBulk(peer, item),
      answered: (peer, item) => this.errands.answer(peer, item),
      flushed: (peer, item) => this.flushes.answer(peer, item),
      takers: this.takers,
    });
    shared.transport.subscribe(subjects.allOfHost(shared.config.id), {}, message => {
      if (!this.#gone) {
        reception.onMessage(message);
      }
    });
    shared.bulk.subscribe(subjects.bulk(shared.config.id), {}, message => {
      if (!this.#gone) {
        reception.onBulk(message);
      }
    });
    shared.transport.onConnected(connected => {
      for (const peer of connected ? [] : this.#links.keys()) {
        this.#tell(peer, 'link.lost');
      }
    });
  }

  #lose(peer: string, why: Loss): void {
    this.#tell(peer, 'link.lost');
    if (why !== 'reborn') {
      this.events.gone(peer, why);
    }
  }

  #tell(peer: string, type: 'link.lost' | 'link.leave' | 'link.stop'): void {
    this.shared.child(`link.${peer}`)?.send({type});
  }
}
