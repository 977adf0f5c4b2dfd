/**
 * The coordinator's desk: takes requests on, launches a flight for each, and goes on with what a
 * read has found: shows it, or deletes it.
 */
import type {StoredObject} from '../../src/causality/object.js';
import {shownSiblings} from '../../src/causality/siblings.js';
import {highestHlc, type WriteIntent} from '../../src/causality/write.js';
import {Code} from '../../src/errors.js';
import type {Failpoints} from '../../src/failpoints.js';
import type {Mailbox} from '../../src/mailbox.js';
import type {Clock} from '../../src/ports/clock.js';
import type {HostItem} from '../../src/wire/host-items.js';
import {encodeObject} from '../../src/wire/object-codec.js';
import type {HintDesk} from '../hints/hints.messages.js';
import type {Gate} from '../partition/gate.js';
import {refusal, success} from './answers.js';
import {confirmationsOf, ConfirmFlight} from './confirm-flight.js';
import type {Answer, CoordinatorMail, Reply, Request} from './coordinator.messages.js';
import {replyLost, type Desk, type Flight} from './flight.js';
import {ReadFlight} from './read-flight.js';
import {repairStale} from './read-repair.js';
import {Register} from './register.js';
import {WriteFlight} from './write-flight.js';

export type CoordinatorPorts = {
  readonly self: string;
  readonly clock: Clock;
  readonly mailbox: Mailbox<CoordinatorMail>;
  readonly failpoints: Failpoints;
  readonly gate: (partition: number) => Gate | undefined;
  /** The key's first `n` owners, in order of preference. */
  readonly owners: (partition: number, n: number) => readonly string[];
  readonly standIns: (partition: number) => readonly string[];
  readonly epochOf: (partition: number) => number;
  readonly isLinked: (peer: string) => boolean;
  readonly hasMail: (peer: string) => boolean;
  readonly isDown: (peer: string) => boolean;
  readonly hints: HintDesk;
  readonly send: (peer: string, item: HostItem) => boolean;
};

export class CoordinatorDesk implements Desk {
  readonly self: string;
  readonly gate: (partition: number) => Gate | undefined;
  readonly standIns: (partition: number) => readonly string[];
  readonly epochOf: (partition: number) => number;
  readonly isLinked: (peer: string) => boolean;
  readonly hasMail: (peer: string) => boolean;
  readonly isDown: (peer: string) => boolean;
  readonly hints: HintDesk;
  readonly send: (peer: string, item: HostItem) => boolean;
  readonly #register = new Register();
  #lastNo = 0;

  constructor(private readonly ports: CoordinatorPorts) {
    this.self = ports.self;
    this.gate = ports.gate;
    this.standIns = ports.standIns;
    this.epochOf = ports.epochOf;
    this.isLinked = ports.isLinked;
    this.hasMail = ports.hasMail;
    this.isDown = ports.isDown;
    this.hints = ports.hints;
    this.send = ports.send;
  }

  get inFlight(): number {
    return this.#register.inFlight;
  }

  get lingering(): number {
    return this.#register.lingering;
  }

  /** What is in flight, or still of use. Whatever comes of it has left here once it is gone. */
  underWay(): Set<unknown> {
    return this.#register.requests();
  }

  nowMs(): number {
    return this.ports.clock.nowMs();
  }

  admit(request: Request): void {
    this.ports.failpoints.hit('coordinator.admit', request.partition);
    if (this.nowMs() >= request.deadlineMs) {
      const text = 'it waited too long; nothing was applied; retry';
      request.answer(refusal(Code.overloaded, text, request.n));
      return;
    }

    if (this.inFlight >= this.ports.mailbox.bound) {
      const text =
        'this host has all the requests it can hold; nothing was applied; retry elsewhere';
      request.answer(refusal(Code.overloaded, text, request.n));
      return;
    }

    const owners = this.ports.owners(request.partition, request.n);
    const isOwner = owners.includes(this.self);
    if (!isOwner && !request.isSloppy) {
      const text = 'this host is no owner of the key; nothing was applied; retry';
      request.answer(refusal(Code.overloaded, text, request.n));
    } else if (request.verb === 'get') {
      const goOn = (flight: ReadFlight, merged: StoredObject | null) =>
        this.#show(flight, merged, owners);
      this.#launch(new ReadFlight(this.#no(), request, this, owners, goOn));
    } else if (request.verb === 'put' || request.context !== null) {
      this.#launch(new WriteFlight(this.#no(), request, this, owners, intentOf(request)));
    } else {
      const goOn = (flight: ReadFlight, merged: StoredObject | null) =>
        this.#deleteSeen(flight, merged, owners);
      this.#launch(new ReadFlight(this.#no(), request, this, owners, goOn));
    }
  }

  hear(reply: Reply): void {
    this.#register.find(reply.no)?.onReply(reply);
  }

  reply(reply: Reply): void {
    // A full mailbox loses the reply, which then counts as none: the deadline settles it.
    this.ports.mailbox.post(reply);
  }

  peerLost(peer: string): void {
    for (const no of this.#register.numbers()) {
      this.reply(replyLost(no, peer));
    }
  }

  sweep(): void {
    this.#register.tick(this.nowMs());
  }

  /** Mail of a coordinator that has crashed, for the next one. */
  later(mail: CoordinatorMail): void {
    if (!this.ports.mailbox.post(mail) && 'verb' in mail) {
      const text = 'the coordinator is restarting; nothing was applied; retry';
      mail.answer(refusal(Code.overloaded, text, mail.n));
    }
  }

  /** The request that broke the coordinator, whether it had taken off or not. */
  giveUp(request: Request): void {
    this.#register.strike(request);
    request.answer(unknown('the coordinator crashed', request));
  }

  /** Of all that is in flight nobody knows what became of it. */
  abandon(why: string): void {
    this.#register.clear(request => request.answer(unknown(why, request)));
  }

  end(flight: Flight, answer: Answer): void {
    if (this.#register.end(flight)) {
      flight.request.answer(answer);
    }
  }

  linger(flight: Flight, answer: Answer): void {
    this.#register.linger(flight);
    this.end(flight, answer);
  }

  forget(flight: Flight): void {
    this.#register.forget(flight);
  }

  /** A get is answered, a monotonic one once so many owners hold it that none can miss it. */
  #show(read: ReadFlight, merged: StoredObject | null, owners: readonly string[]): void {
    const {request} = read;
    const found = merged !== null && shownSiblings(merged, request.rules.conflicts).length > 0;
    const answer = success(found ? Code.ok : Code.notFound, merged, read);
    if (merged === null || !request.isMonotonic || isConfirmed(read)) {
      repairStale(this, read, merged);
      this.end(read, answer);
      return;
    }

    const {holders, stale} = read;
    const result = {holders, stale, bytes: encodeObject(merged), answer};
    this.#register.end(read);
    this.#launch(new ConfirmFlight(this.#no(), request, this, owners, result));
  }

  /**
   * A delete without a context covers what its read quorum showed, and writes nothing where nothing
   * is.
   */
  #deleteSeen(read: ReadFlight, merged: StoredObject | null, owners: readonly string[]): void {
    const {request} = read;
    repairStale(this, read, merged);
    if (merged === null) {
      this.end(read, success(Code.ok, null, read));
      return;
    }

    const context = {vector: merged.vector, hlc: highestHlc(merged, 0)};
    const write = {...request, context};
    this.#register.end(read);
    this.#launch(new WriteFlight(this.#no(), write, this, owners, intentOf(write)));
  }

  #launch(flight: Launchable): void {
    this.#register.add(flight);
    flight.start();
  }

  #no(): number {
    this.#lastNo += 1;
    return this.#lastNo;
  }
}

type Launchable = Flight & {start(): void};

function isConfirmed({holders, request}: ReadFlight): boolean {
  return holders.length >= confirmationsOf(request);
}

function unknown(why: string, {n}: Request): Answer {
  const text = `${why}: whether the request was carried out is unknown; retry`;
  return refusal(Code.unknownOutcome, text, n);
}

function intentOf({verb, context, id, value, deflated}: Request): WriteIntent {
  return {
    cover: context === null ? 'everything' : context.vector,
    coverHlc: context?.hlc ?? 0,
    id,
    tombstone: verb === 'del',
    deflated,
    value,
  };
}
