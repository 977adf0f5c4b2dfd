/**
 * Binds the effects that gossip.machine.ts names, and takes what other hosts' gossip actors and the
 * links say. Writes the board that everybody else reads.
 */
import type {ActorRefFrom} from 'xstate';
import type {Counters} from '../../src/counters.js';
import {type Load, packDigest, SAID, unpackDigest} from '../../src/liveness/digest.js';
import {evidenceOf} from '../../src/liveness/evidence.js';
import {Eviction} from '../../src/liveness/eviction.js';
import {LoopDelay} from '../../src/liveness/loop-delay.js';
import type {GossipOptions} from '../../src/liveness/options.js';
import {Rounds} from '../../src/liveness/rounds.js';
import {Watch} from '../../src/liveness/watch.js';
import type {HostState, Liveness} from '../../src/liveness.js';
import type {Clock} from '../../src/ports/clock.js';
import type {Random} from '../../src/ports/random.js';
import type {Transport} from '../../src/ports/transport.js';
import {type HostItem, ITEM, type TakenItem} from '../../src/wire/host-items.js';
import {gossipMachine} from './gossip.machine.js';
import type {GossipEvent, GossipInput} from './gossip.messages.js';

export type GossipPorts = {
  readonly self: string;
  readonly peers: readonly string[];
  readonly options: GossipOptions;
  readonly clock: Clock;
  readonly random: Random;
  readonly transport: Transport;
  readonly counters: Counters;
  readonly liveness: Liveness;
  readonly isLinked: (peer: string) => boolean;
  readonly send: (peer: string, item: HostItem) => boolean;
  /** Fills the connection of a host that reads nothing; see src/liveness/eviction.ts. */
  readonly evict: (peer: string) => void;
  /** How busy this host is, besides its event loop. */
  readonly load: () => Omit<Load, 'loopDelayMs'>;
  readonly emit: (kind: string, details: Readonly<Record<string, unknown>>) => void;
};

/** What a host says of others in its status. */
export type LivenessReport = {
  readonly broker: 'connected' | 'lost';
  /** Why nobody is convicted at the moment; '' when nothing speaks against it. */
  readonly doubt: string;
  readonly loopDelayMs: number;
  readonly hosts: Readonly<
    Record<string, {readonly state: HostState; readonly evidence: string; readonly load: Load}>
  >;
};

const TICKS_PER_BEAT = 2;
/** Lives are this far apart by the millisecond: two starts in one differ all the same. */
const LIVES_PER_MS = 1_024;

const STATE_COUNTERS = {
  up: 'hosts_cleared',
  suspect: 'hosts_suspected',
  down: 'hosts_convicted',
} as const;

/** Longer than a host takes to notice that its own broker stands still. */
const DOUBTED_MS = 8_000;

export class Gossip {
  readonly machine;
  readonly #eviction: Eviction;
  #watch: Watch;
  #rounds: Rounds;
  #loop: LoopDelay;
  #beatMs: number;
  #self: ActorRefFrom<typeof gossipMachine> | null = null;

  constructor(private readonly ports: GossipPorts) {
    const {clock, random, transport} = ports;
    const life = Math.floor(clock.wallMs()) * LIVES_PER_MS + random.below(LIVES_PER_MS);
    this.#watch = this.#newWatch(life);
    this.#rounds = this.#newRounds();
    this.#eviction = new Eviction(ports.self);
    this.#loop = new LoopDelay(this.input.tickMs);
    this.#beatMs = clock.nowMs();
    this.machine = this.#bind();
    transport.onConnected(connected =>
      this.#tell({type: connected ? 'gossip.connected' : 'gossip.cutOff'}),
    );
  }

  get input(): GossipInput {
    const {everyMs, graceMs} = this.ports.options;
    return {tickMs: everyMs / TICKS_PER_BEAT, graceMs};
  }

  /** null for a host that has not been heard of yet. */
  loadOf(host: string): Load | null {
    const known = this.#watch.known.get(host);
    return known?.isKnown === true ? known.load : null;
  }

  /** For items of the kind `gossip`. */
  readonly take = (peer: string, item: TakenItem): void => {
    const digest = item[0] === ITEM.gossip ? unpackDigest(item[2]) : null;
    if (digest === null || digest.news[0].host !== peer) {
      this.ports.counters.add('items_malformed');
      return;
    }

    this.ports.counters.add('gossip_heard');
    const {answers, tries} = this.#watch.hear(peer, digest);
    if (answers) {
      this.#rounds.answer(peer, digest);
    }

    tries.forEach(host => this.#rounds.try(host));
  };

  linked(peer: string, isLinked: boolean): void {
    this.#watch.linked(peer, isLinked);
    this.#judge();
  }

  /** The broker, or the peer itself, says that nobody is there any more. */
  lost(peer: string, why: 'unheard' | 'goodbye'): void {
    this.#watch.struck(peer, why);
    this.#judge();
  }

  report(): LivenessReport {
    const {clock, liveness} = this.ports;
    const {isCutOff, isInDoubt, known} = this.#watch;
    const nowMs = clock.nowMs();
    const hosts = [...known.values()].map(one => {
      const state = liveness.stateOf(one.host);
      return [one.host, {state, evidence: evidenceOf(one, nowMs), load: one.load}] as const;
    });
    return {
      broker: isCutOff ? 'lost' : 'connected',
      doubt: isInDoubt ? 'most of the cluster is silent: perhaps it is me' : '',
      loopDelayMs: Math.round(this.#loop.worstMs),
      hosts: Object.fromEntries(hosts),
    };
  }

  #bind() {
    return gossipMachine.provide({
      actions: {
        begin: ({self}) => this.#begin(self as ActorRefFrom<typeof gossipMachine>),
        beat: () => this.#beat(),
        settle: () => this.#watch.settle(),
        trust: () => this.#watch.trust(),
        holdBack: () => this.#watch.cutOff(),
      },
    });
  }

  /** What a crashed predecessor knew may be what it crashed of; only its heartbeats go on. */
  #begin(self: ActorRefFrom<typeof gossipMachine>): void {
    const {life, counter} = this.#watch;
    const {peers, isLinked, transport} = this.ports;
    this.#self = self;
    this.#watch = this.#newWatch(life);
    this.#watch.counter = counter;
    this.#rounds = this.#newRounds();
    this.#loop = new LoopDelay(this.input.tickMs);
    for (const peer of peers) {
      this.#watch.linked(peer, isLinked(peer));
    }

    if (!transport.connected) {
      self.send({type: 'gossip.cutOff'});
    }
  }

  #beat(): void {
    const {clock, load, options} = this.ports;
    const nowMs = clock.nowMs();
    const lateMs = this.#loop.tick(nowMs);
    this.#watch.slept(lateMs);
    this.#watch.load = {...load(), loopDelayMs: this.#loop.worstMs};
    this.#judge();
    this.#evict(nowMs);
    // Ticks come a little early or late: what counts is which of them is nearest.
    if (nowMs - this.#beatMs >= options.everyMs - this.input.tickMs / 2) {
      this.#beatMs = nowMs;
      this.#rounds.beat();
    }
  }

  #judge(): void {
    const questioned = this.#watch.judge();
    if (questioned.length > 0) {
      this.#rounds.ask(questioned);
    }
  }

  #evict(nowMs: number): void {
    const {liveness, evict} = this.ports;
    const {known, isInDoubt, isCutOff} = this.#watch;
    const others = [...known.values()].map(({host, strike, said, saidMs}) => {
      const state = liveness.stateOf(host);
      // Where most are silent nobody can be convicted, and brokers have to let go of them as well.
      const isDoubted = isInDoubt && !isCutOff && nowMs - saidMs >= DOUBTED_MS;
      const isDown = state === 'down' || (isDoubted && said === SAID.silent);
      return {host, isUp: state === 'up', isDown, isGone: strike !== null};
    });
    this.#eviction.turn(others, nowMs).forEach(evict);
  }

  #newWatch(life: number): Watch {
    const {self, peers, options, clock, liveness, counters, emit} = this.ports;
    return new Watch({
      self,
      peers,
      options,
      life,
      nowMs: () => clock.nowMs(),
      stateOf: host => liveness.stateOf(host),
      onState: (host, state, evidence) => {
        counters.add(STATE_COUNTERS[state]);
        liveness.set(host, state);
        emit('liveness', {peer: host, state, evidence});
      },
    });
  }

  #newRounds(): Rounds {
    const {options, clock, random, counters, send} = this.ports;
    return new Rounds(this.#watch, {
      ...options,
      nowMs: () => clock.nowMs(),
      below: limit => random.below(limit),
      send: (peer, digest) => {
        const isSent = send(peer, [ITEM.gossip, 0, packDigest(digest)]);
        counters.add('gossip_sent', isSent ? 1 : 0);
        return isSent;
      },
    });
  }

  #tell(event: GossipEvent): void {
    if (this.#self?.getSnapshot().status === 'active') {
      this.#self.send(event);
    }
  }
}
