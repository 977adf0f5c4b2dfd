/**
 * Binds the effects that repair.machine.ts names: which exchange may begin now, and what becomes of
 * those that ended.
 *
 * Invariants:
 *   1. At most `exchangesAtOnce` are under way, besides those of vnodes that join.
 *   2. A vnode that joins waits for no hour, no load and no hint; everything else does (T36, T39).
 */
import type {ActorRefFrom} from 'xstate';
import type {Counters} from '../../src/counters.js';
import type {Clock} from '../../src/ports/clock.js';
import type {Storage} from '../../src/ports/storage.js';
import {Agenda, type Entry, type Pair} from '../../src/repair/agenda.js';
import {isWithin, type Window} from '../../src/repair/window.js';
import {describeError} from '../../src/supervision.js';
import type {AnswerPeer, AskItem} from '../../src/wire/host-items.js';
import type {Errands} from '../link/errands.js';
import type {Gate} from '../partition/gate.js';
import {Answerer} from './answerer.js';
import {Exchanges} from './exchanges.js';
import {Joiners} from './joiners.js';
import {LeafReader} from './leaf-reader.js';
import {repairMachine} from './repair.machine.js';
import type {MadeExchange} from './repair.messages.js';
import {reportOf, type RepairReport, type RepairScope} from './report.js';
import {Sender} from './sender.js';

export type RepairConfig = {
  readonly everyMs: number;
  readonly pauseMs: number;
  readonly exchangesAtOnce: number;
  readonly keysPerSecond: number;
  /** null for all day. */
  readonly window: Window | null;
};

export type RepairPorts = {
  readonly self: string;
  readonly clock: Clock;
  readonly storage: Storage;
  readonly counters: Counters;
  readonly errands: Pick<Errands, 'ask'>;
  readonly gates: ReadonlyMap<number, Gate>;
  readonly pairs: readonly Pair[];
  readonly isFresh: boolean;
  readonly incarnationOf: (peer: string) => string;
  readonly copiesOf: (name: string) => number;
  /** Whether a host, this one or another, has more to do than it should. */
  readonly isBusy: (host: string) => boolean;
  /** Whether what the peer has missed lies here and is on its way to it. */
  readonly hasHintsFor: (peer: string) => boolean;
  readonly prove: (gate: Gate) => void;
  readonly onCrash: (exchange: string, error: string) => void;
};

const JOINING_AT_ONCE = 16;
/** One side of a link is up a moment before the other, and drops what comes in bulk meanwhile. */
const SETTLE_MS = 25;

type Self = ActorRefFrom<typeof repairMachine>;

export class RepairDesk {
  readonly agenda: Agenda;
  readonly #answerer: Answerer;
  readonly #joiners: Joiners;
  readonly #exchanges: Exchanges;
  readonly #sender: Sender;
  /** When a peer was last told what this host holds. */
  readonly #comparedMs = new Map<Entry, number>();
  /** From when on a peer may be asked. */
  readonly #settledMs = new Map<string, number>();
  #self: Self | null = null;

  constructor(
    private readonly ports: RepairPorts,
    private readonly config: RepairConfig,
  ) {
    const {clock, pairs, gates, self} = ports;
    this.agenda = new Agenda(pairs, config.everyMs, clock.nowMs());
    this.#joiners = new Joiners(ports);
    const reader = new LeafReader({
      ...ports,
      keysPerSecond: config.keysPerSecond,
      isBusy: () => ports.isBusy(self),
    });
    const sender = new Sender({...ports, reader});
    this.#sender = sender;
    this.#exchanges = new Exchanges({
      ...ports,
      reader,
      sender,
      agenda: this.agenda,
      joiners: this.#joiners,
      pauseMs: config.pauseMs,
      onEnd: () => this.#wake(),
    });
    this.#answerer = new Answerer({
      gate: partition => gates.get(partition),
      reader,
      sender,
      standing: (gate, peer) => this.#joiners.standing(gate, peer),
      onCompared: (partition, peer) => this.#compared(partition, peer),
      onEqual: (partition, peer) => this.#foundEqual(partition, peer),
    });
  }

  get underWay(): number {
    return this.#exchanges.size;
  }

  /** What holds objects to be sent to other owners. */
  get sending(): ReadonlySet<unknown> {
    return this.#sender.underWay;
  }

  /** What a predecessor that crashed had under way has ended with it. */
  begin(self: Self): void {
    this.#self = self;
    this.#exchanges.abandon();
  }

  /** False for a question that is not repair's. */
  take(peer: string, item: AskItem, answer: AnswerPeer): boolean {
    return this.#answerer.take(peer, item, answer);
  }

  /** A gate has opened or closed. */
  gateChanged(gate: Gate): void {
    if (gate.isJoining) {
      for (const entry of this.agenda.ofPartition(gate.partition)) {
        entry.proof = null;
        this.agenda.hasten(entry, this.ports.clock.nowMs());
      }

      this.#wake();
    }
  }

  /** A peer came, or came back: what it has missed reaches it as hints first. */
  linked(peer: string): void {
    const {clock} = this.ports;
    const nowMs = clock.nowMs();
    const settledMs = nowMs + SETTLE_MS;
    this.#settledMs.set(peer, settledMs);
    for (const entry of this.agenda.entries) {
      if (entry.pair.peer === peer) {
        const isJoining = this.#gate(entry)?.isJoining === true;
        this.agenda.hasten(entry, isJoining ? settledMs : nowMs + this.config.everyMs / 6);
      }
    }

    clock.setTimeout(() => this.#wake(), SETTLE_MS);
  }

  /** For people: starts what is asked for, or tells how far it is. */
  report(scope: RepairScope): RepairReport {
    const nowMs = this.ports.clock.nowMs();
    const report = reportOf(this.agenda, scope, nowMs);
    if (report.sinceMs === nowMs) {
      this.#wake();
    }

    return report;
  }

  crashed(id: string, error: unknown): void {
    const why = describeError(error);
    this.ports.onCrash(id, why);
    this.#exchanges.crashed(id, why);
  }

  /** The next exchange that may begin, which is then under way. */
  next(): MadeExchange | null {
    const {clock, gates} = this.ports;
    for (const gate of gates.values()) {
      this.#joiners.consider(gate);
    }

    const nowMs = clock.nowMs();
    for (const entry of this.agenda.due(nowMs)) {
      const gate = this.#gate(entry);
      if (gate !== undefined && this.#mayBegin(entry, gate)) {
        return this.#exchanges.begin(entry, gate);
      }
    }

    return null;
  }

  #mayBegin(entry: Entry, gate: Gate): boolean {
    const {pair, isAsked} = entry;
    const {self, clock, incarnationOf, isBusy, hasHintsFor} = this.ports;
    const isSettled = (this.#settledMs.get(pair.peer) ?? 0) <= clock.nowMs();
    if (gate.trees === null || incarnationOf(pair.peer) === '' || !isSettled) {
      return false;
    }

    const underWay = this.#exchanges.count(gate.isJoining);
    if (gate.isJoining) {
      return underWay < JOINING_AT_ONCE && !this.#joiners.isProven(gate, pair.peer);
    }

    const {window, exchangesAtOnce} = this.config;
    return (
      pair.isOurs &&
      underWay < exchangesAtOnce &&
      (isAsked || window === null || isWithin(window, clock.wallMs())) &&
      !isBusy(self) &&
      !isBusy(pair.peer) &&
      !hasHintsFor(pair.peer)
    );
  }

  #compared(partition: number, peer: string): void {
    const entry = this.agenda.entry(partition, peer);
    if (entry !== undefined) {
      this.#comparedMs.set(entry, this.ports.clock.nowMs());
    }
  }

  #foundEqual(partition: number, peer: string): void {
    const {clock} = this.ports;
    const entry = this.agenda.entry(partition, peer);
    const atMs = entry === undefined ? undefined : this.#comparedMs.get(entry);
    if (entry !== undefined && atMs !== undefined) {
      entry.proof = {atMs, wallMs: clock.wallMs() - (clock.nowMs() - atMs)};
    }
  }

  #gate({pair}: Entry): Gate | undefined {
    return this.ports.gates.get(pair.partition);
  }

  /** At the end of the turn: whoever calls may be an exchange in the middle of its work. */
  #wake(): void {
    this.ports.clock.endOfTurn(() => {
      if (this.#self?.getSnapshot().status === 'active') {
        this.#self.send({type: 'repair.wake'});
      }
    });
  }
}

export function bindRepair(desk: RepairDesk) {
  return repairMachine.provide({
    actions: {
      begin: ({self}) => desk.begin(self as Self),
      tellCrash: (_, {id, error}) => desk.crashed(id, error),
    },
  });
}
