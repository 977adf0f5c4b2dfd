/**
 * Binds the effects that coordinator.machine.ts names: taking on requests, feeding replies,
 * sweeping deadlines.
 */
import type {StoredObject} from '../../src/causality/object.js';
import type {WriteIntent} from '../../src/causality/write.js';
import {shownSiblings} from '../../src/causality/siblings.js';
import {highestHlc} from '../../src/causality/write.js';
import {Code} from '../../src/errors.js';
import type {Failpoints} from '../../src/failpoints.js';
import {encodeObject} from '../../src/wire/object-codec.js';
import type {Mailbox} from '../../src/mailbox.js';
import type {Clock} from '../../src/ports/clock.js';
import {type HostItem, ITEM} from '../../src/wire/host-items.js';
import type {HintDesk} from '../hints/hints.messages.js';
import type {Gate} from '../partition/gate.js';
import {refusal, success} from './answers.js';
import {coordinatorMachine} from './coordinator.machine.js';
import {confirmationsOf, ConfirmFlight} from './confirm-flight.js';
import type {Answer, CoordinatorMail, Reply, Request} from './coordinator.messages.js';
import {replyLost, type Desk, type Flight} from './flight.js';
import {ReadFlight} from './read-flight.js';
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
  readonly isDown: (peer: string) => boolean;
  readonly hints: HintDesk;
  readonly send: (peer: string, item: HostItem) => boolean;
};

/** The coordinator's machine, bound, and what else the host tells it outside of events. */
export function bindCoordinator(ports: CoordinatorPorts) {
  const {mailbox} = ports;
  const desk = new CoordinatorDesk(ports);

  const handle = (mail: CoordinatorMail) => {
    if ('verb' in mail) {
      desk.admit(mail);
    } else {
      desk.hear(mail);
    }
  };

  /** A crash half-way through the mail must not take along what had not begun. */
  const work = () => {
    const mails = mailbox.take();
    for (const [index, mail] of mails.entries()) {
      try {
        handle(mail);
      } catch (error) {
        mails.slice(index + 1).forEach(waiting => desk.later(waiting));
        if ('verb' in mail) {
          desk.giveUp(mail);
        }

        throw error;
      }
    }
  };

  const machine = coordinatorMachine.provide({
    guards: {
      isIdle: () => desk.inFlight === 0 && mailbox.depth === 0,
      isQuiet: () => desk.inFlight === 0 && desk.lingering === 0 && mailbox.depth === 0,
    },
    actions: {
      begin: ({self}) => {
        // What a crashed predecessor had begun may have happened or not.
        desk.abandon('the coordinator restarted');
        mailbox.attach(() => self.send({type: 'coordinator.mail'}));
      },
      work,
      sweep: () => desk.sweep(),
    },
  });

  return {machine, desk};
}

export class CoordinatorDesk implements Desk {
  readonly self: string;
  readonly gate: (partition: number) => Gate | undefined;
  readonly standIns: (partition: number) => readonly string[];
  readonly epochOf: (partition: number) => number;
  readonly isLinked: (peer: string) => boolean;
  readonly isDown: (peer: string) => boolean;
  readonly hints: HintDesk;
  readonly send: (peer: string, item: HostItem) => boolean;
  readonly #flights = new Map<number, Flight>();
  /** Answered, and still of use. */
  readonly #lingering = new Map<number, Flight>();
  #lastNo = 0;

  constructor(private readonly ports: CoordinatorPorts) {
    this.self = ports.self;
    this.gate = ports.gate;
    this.standIns = ports.standIns;
    this.epochOf = ports.epochOf;
    this.isLinked = ports.isLinked;
    this.isDown = ports.isDown;
    this.hints = ports.hints;
    this.send = ports.send;
  }

  get inFlight(): number {
    return this.#flights.size;
  }

  get lingering(): number {
    return this.#lingering.size;
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

    if (this.#flights.size >= this.ports.mailbox.bound) {
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
    (this.#flights.get(reply.no) ?? this.#lingering.get(reply.no))?.onReply(reply);
  }

  reply(reply: Reply): void {
    // A full mailbox loses the reply, which then counts as none: the deadline settles it.
    this.ports.mailbox.post(reply);
  }

  peerLost(peer: string): void {
    for (const no of [...this.#flights.keys(), ...this.#lingering.keys()]) {
      this.reply(replyLost(no, peer));
    }
  }

  sweep(): void {
    const nowMs = this.nowMs();
    for (const flight of this.#flights.values()) {
      flight.onTick(nowMs);
    }

    for (const flight of this.#lingering.values()) {
      flight.onTick(nowMs);
    }
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
    for (const flight of this.#flights.values()) {
      if (flight.request === request) {
        this.#flights.delete(flight.no);
      }
    }

    request.answer(unknown('the coordinator crashed', request));
  }

  abandon(why: string): void {
    for (const {request} of this.#flights.values()) {
      request.answer(unknown(why, request));
    }

    this.#flights.clear();
    this.#lingering.clear();
  }

  end(flight: Flight, answer: Answer): void {
    if (this.#flights.delete(flight.no)) {
      flight.request.answer(answer);
    }
  }

  linger(flight: Flight, answer: Answer): void {
    if (this.#lingering.size < LINGERING_MAX) {
      this.#lingering.set(flight.no, flight);
    }

    this.end(flight, answer);
  }

  forget({no}: Flight): void {
    this.#lingering.delete(no);
  }

  /** A get is answered, a monotonic one once so many owners hold it that none can miss it. */
  #show(read: ReadFlight, merged: StoredObject | null, owners: readonly string[]): void {
    const {request} = read;
    const found = merged !== null && shownSiblings(merged, request.rules.conflicts).length > 0;
    const answer = success(found ? Code.ok : Code.notFound, merged, read);
    if (merged === null || !request.isMonotonic || isConfirmed(read)) {
      this.#repair(read, merged);
      this.end(read, answer);
      return;
    }

    const {holders, stale} = read;
    const result = {holders, stale, bytes: encodeObject(merged), answer};
    this.#flights.delete(read.no);
    this.#launch(new ConfirmFlight(this.#no(), request, this, owners, result));
  }

  /** Sends the merged object to owners that were found to hold less; nobody waits for it. */
  #repair({stale, request: {partition, name}}: ReadFlight, merged: StoredObject | null): void {
    if (merged === null || stale.length === 0) {
      return;
    }

    const bytes = encodeObject(merged);
    const epoch = this.epochOf(partition);
    for (const slot of stale) {
      if (slot === this.self) {
        this.gate(partition)?.post({kind: 'merge', name, bytes, done: () => undefined}, epoch);
      } else {
        this.send(slot, [ITEM.merge, 0, partition, epoch, name, bytes]);
      }
    }
  }

  /**
   * A delete without a context covers what its read quorum showed, and writes nothing where nothing
   * is.
   */
  #deleteSeen(read: ReadFlight, merged: StoredObject | null, owners: readonly string[]): void {
    const {request} = read;
    this.#repair(read, merged);
    if (merged === null) {
      this.end(read, success(Code.ok, null, read));
      return;
    }

    const context = {vector: merged.vector, hlc: highestHlc(merged, 0)};
    const write = {...request, context};
    this.#flights.delete(read.no);
    this.#launch(new WriteFlight(this.#no(), write, this, owners, intentOf(write)));
  }

  #launch(flight: Launchable): void {
    this.#flights.set(flight.no, flight);
    flight.start();
  }

  #no(): number {
    this.#lastNo += 1;
    return this.#lastNo;
  }
}

type Launchable = Flight & {start(): void};

/** So many writes may go on after their answer; what is past that goes on without a hint. */
const LINGERING_MAX = 1_024;

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
