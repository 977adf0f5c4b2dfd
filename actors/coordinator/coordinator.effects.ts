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
import type {Mailbox} from '../../src/mailbox.js';
import type {Clock} from '../../src/ports/clock.js';
import {type HostItem, ITEM} from '../../src/wire/host-items.js';
import type {Gate} from '../partition/gate.js';
import {refusal, success} from './answers.js';
import {coordinatorMachine} from './coordinator.machine.js';
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
  readonly isLinked: (peer: string) => boolean;
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
    guards: {isIdle: () => desk.inFlight === 0 && mailbox.depth === 0},
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
  readonly isLinked: (peer: string) => boolean;
  readonly send: (peer: string, item: HostItem) => boolean;
  readonly #flights = new Map<number, Flight>();
  #lastNo = 0;

  constructor(private readonly ports: CoordinatorPorts) {
    this.self = ports.self;
    this.gate = ports.gate;
    this.isLinked = ports.isLinked;
    this.send = ports.send;
  }

  get inFlight(): number {
    return this.#flights.size;
  }

  nowMs(): number {
    return this.ports.clock.nowMs();
  }

  admit(request: Request): void {
    this.ports.failpoints.hit('coordinator.admit', request.partition);
    const gate = this.gate(request.partition);
    if (gate === undefined || this.nowMs() >= request.deadlineMs) {
      const text = gate === undefined ? 'this host is no owner of the key' : 'it waited too long';
      request.answer(refusal(Code.overloaded, `${text}; nothing was applied; retry`, request.n));
      return;
    }

    if (this.#flights.size >= this.ports.mailbox.bound) {
      const text =
        'this host has all the requests it can hold; nothing was applied; retry elsewhere';
      request.answer(refusal(Code.overloaded, text, request.n));
      return;
    }

    const owners = request.n < gate.owners.length ? gate.owners.slice(0, request.n) : gate.owners;
    if (request.verb === 'get') {
      this.#launch(new ReadFlight(this.#no(), request, this, owners, answerRead));
    } else if (request.verb === 'put' || request.context !== null) {
      this.#launch(new WriteFlight(this.#no(), request, this, owners, intentOf(request)));
    } else {
      const goOn = (flight: ReadFlight, merged: StoredObject | null) =>
        this.#deleteSeen(flight, merged, owners);
      this.#launch(new ReadFlight(this.#no(), request, this, owners, goOn));
    }
  }

  hear(reply: Reply): void {
    this.#flights.get(reply.no)?.onReply(reply);
  }

  reply(reply: Reply): void {
    // A full mailbox loses the reply, which then counts as none: the deadline settles it.
    this.ports.mailbox.post(reply);
  }

  peerLost(peer: string): void {
    for (const {no} of this.#flights.values()) {
      this.reply(replyLost(no, peer));
    }
  }

  sweep(): void {
    const nowMs = this.nowMs();
    for (const flight of this.#flights.values()) {
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
  }

  end(flight: Flight, answer: Answer): void {
    if (this.#flights.delete(flight.no)) {
      flight.request.answer(answer);
    }
  }

  /** Sends the merged object to owners that were found to hold less; nobody waits for it. */
  repair({partition, name}: Request, bytes: Uint8Array, slots: readonly string[]): void {
    const gate = this.gate(partition);
    for (const slot of gate === undefined ? [] : slots) {
      if (slot === this.self) {
        gate?.post({kind: 'merge', name, bytes, done: () => undefined}, gate.epoch);
      } else {
        this.send(slot, [ITEM.merge, 0, partition, gate?.epoch ?? 0, name, bytes]);
      }
    }
  }

  /**
   * A delete without a context covers what its read quorum showed, and writes nothing where nothing
   * is.
   */
  #deleteSeen(read: ReadFlight, merged: StoredObject | null, owners: readonly string[]): void {
    const {request} = read;
    if (merged === null) {
      this.end(read, success(Code.ok, null, read.tally, request));
      return;
    }

    const context = {vector: merged.vector, hlc: highestHlc(merged, 0)};
    const write = {...request, context};
    this.#flights.delete(read.no);
    this.#launch(new WriteFlight(this.#no(), write, this, owners, intentOf(write)));
  }

  #launch(flight: ReadFlight | WriteFlight): void {
    this.#flights.set(flight.no, flight);
    flight.start();
  }

  #no(): number {
    this.#lastNo += 1;
    return this.#lastNo;
  }
}

function unknown(why: string, {n}: Request): Answer {
  const text = `${why}: whether the request was carried out is unknown; retry`;
  return refusal(Code.unknownOutcome, text, n);
}

function answerRead(flight: ReadFlight, merged: StoredObject | null): void {
  const {conflicts} = flight.request.rules;
  const found = merged !== null && shownSiblings(merged, conflicts).length > 0;
  flight.finish(success(found ? Code.ok : Code.notFound, merged, flight.tally, flight.request));
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
