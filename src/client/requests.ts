/**
 * The requests of a client that are under way: each goes to an owner of its key, then to the next, until one answer
 * is final or its time is over.
 *
 *   success, no such key, 400, 413   final
 *   429, 503, unheard, silent        the next owner at once; after the last one a pause, then all again, a bounded
 *                                    number of rounds: fewer once a host has said 503, which it says for a while
 *                                    after a connection was lost, and for long while owners are down
 *   504                              the next owner while more than half of the time is left
 *   connection lost                  again, with the same id, when it is back within the time
 *
 * Invariants:
 *   1. Every request ends exactly once, at the latest at its deadline (to within `SWEEP_MS`).
 *   2. All attempts of one write carry one id, so that however many were carried out, it is done once.
 *   3. An answer to an attempt that was given up counts only when it is a success.
 *   4. A bounded number is under way; what is past that is turned down before anything is sent.
 *   5. One timer serves all.
 */
import {Code} from '../errors.js';
import type {Clock} from '../ports/clock.js';
import type {Random} from '../ports/random.js';
import type {Message, Transport} from '../ports/transport.js';
import {type ClientResult, decodeClientReply, encodeOps} from '../wire/client-frames.js';
import type {Subjects} from '../subjects.js';
import type {Directory} from './directory.js';
import {Overloaded, type QuorateError, TooLarge} from './errors.js';
import {Outbox, OP_OVERHEAD_BYTES} from './outbox.js';
import {type Order, type Outcome, Pending, type Problem} from './pending.js';
import {QUIET_MS, Voices} from './voices.js';

export const SWEEP_MS = 20;
const ROUNDS_MAX = 8;
/** With pauses of 300 to 600 ms in all: hosts that see each other again after a cut link up faster. */
const ROUNDS_MAX_REFUSED = 5;
/** A pause is half of this at least, all of it at most, and twice as long each round. */
const PAUSE_MS = 40;
const PAUSE_MS_MAX = 500;
/** A host that has said nothing for this part of a request's time loses it to the next owner. */
const SILENT_PART = 1 / 4;

export type RequestPorts = {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly random: Random;
  readonly subjects: Subjects;
  readonly directory: Directory;
  readonly replyTo: (host: string) => string;
  readonly inFlightMax: number;
};

export class Requests {
  readonly #pending = new Set<Pending>();
  readonly #attempts = new Map<number, Pending>();
  readonly #voices = new Voices();
  readonly #outbox: Outbox;
  #idle: Array<() => void> = [];
  #isSweeping = false;
  #lastNo = 0;

  constructor(private readonly ports: RequestPorts) {
    const {transport, clock, subjects, replyTo} = ports;
    this.#outbox = new Outbox({
      clock,
      publish: (host, ops) =>
        transport.publish(subjects.client(host), encodeOps(ops), {reply: replyTo(host)}),
      sent: (frame, ops) => {
        for (const [no] of ops) {
          const pending = this.#attempts.get(no);
          if (pending?.no === no) {
            pending.frame = frame;
          }
        }
      },
    });
    transport.onConnected(connected => (connected ? this.#resume() : this.#interrupt()));
  }

  /** Calls `done` exactly once; at once when the request is turned down here. */
  submit(order: Order, done: (ended: Outcome | QuorateError) => void): void {
    const {clock, transport, inFlightMax} = this.ports;
    if (this.#pending.size >= inFlightMax) {
      const text = `${inFlightMax} requests of this client are under way; nothing was sent; wait for some`;
      done(new Overloaded(Code.overloaded, text));
      return;
    }

    const bytes = (order.value?.length ?? 0) + order.context.length + OP_OVERHEAD_BYTES * 8;
    if (bytes > transport.maxPayloadBytes) {
      const text = `the broker takes ${transport.maxPayloadBytes} bytes a message: store it in parts`;
      done(new TooLarge(Code.tooLarge, `value and context take ${bytes} bytes, ${text}`));
      return;
    }

    const pending = new Pending(order, clock.nowMs() + order.timeoutMs, done);
    this.#pending.add(pending);
    if (!this.#isSweeping) {
      this.#isSweeping = true;
      clock.setTimeout(() => this.#sweep(), SWEEP_MS);
    }

    this.#try(pending);
  }

  /** Frames of a host, and the broker's word that it is not there. Never throws. */
  onMessage(host: string, message: Message): void {
    const {directory, clock} = this.ports;
    if (message.unheard) {
      this.#unheard(host);
      return;
    }

    const reply = decodeClientReply(message.payload);
    if (reply?.kind === 'refused') {
      this.#refused(host, reply.text);
    } else if (reply?.kind === 'done') {
      directory.clear(host);
      this.#voices.heard(host, clock.nowMs());
      if (reply.epoch > (directory.topology?.epoch ?? 0)) {
        directory.learn(() => undefined);
      }

      for (const result of reply.results) {
        this.#answered(result, reply.epoch);
      }
    }
  }

  /** Once nothing is under way. */
  whenIdle(done: () => void): void {
    if (this.#pending.size === 0) {
      done();
    } else {
      this.#idle.push(done);
    }
  }

  #try(pending: Pending): void {
    const {directory, transport, clock} = this.ports;
    const {order} = pending;
    pending.retryAtMs = Number.POSITIVE_INFINITY;
    if (!transport.connected) {
      return; // Goes on when it is back, or ends at its deadline.
    }

    if (directory.topology === null) {
      this.#learn(pending);
      return;
    }

    const host = directory.next(order.bucket, order.key, pending.tried);
    if (host === null) {
      this.#roundOver(pending);
      return;
    }

    this.#lastNo += 1;
    pending.no = this.#lastNo;
    pending.host = host;
    pending.frame = 0;
    pending.isProbed = false;
    pending.isLive = true;
    pending.sentAtMs = clock.nowMs();
    pending.tried.push(host);
    this.#attempts.set(pending.no, pending);
    this.#outbox.post(host, pending.operation());
  }

  #learn(pending: Pending): void {
    const {directory, subjects} = this.ports;
    directory.learn(lesson => {
      if (!this.#pending.has(pending)) {
        return;
      }

      if (lesson === 'learnt') {
        this.#try(pending);
      } else {
        const text = `no host of a cluster '${subjects.root}' answers at this broker; nothing was sent`;
        pending.note(unavailable(text));
        this.#roundOver(pending);
      }
    });
  }

  #roundOver(pending: Pending): void {
    const {random, clock, directory} = this.ports;
    pending.rounds += 1;
    if (pending.rounds >= (pending.isRefused ? ROUNDS_MAX_REFUSED : ROUNDS_MAX)) {
      this.#fail(pending);
      return;
    }

    // That no owner took it may mean that others own it by now.
    directory.learn(() => undefined);
    const pauseMs = Math.min(PAUSE_MS_MAX, PAUSE_MS * 2 ** (pending.rounds - 1));
    pending.tried = [];
    pending.retryAtMs = clock.nowMs() + pauseMs / 2 + random.below(Math.ceil(pauseMs / 2));
  }

  #answered(result: ClientResult, epoch: number): void {
    const [no, code, text, , , acks, slots] = result;
    const pending = this.#attempts.get(no);
    if (pending === undefined) {
      return;
    }

    this.#attempts.delete(no);
    if (code === Code.ok || code === Code.notFound) {
      this.#end(pending, {result, epoch});
      return;
    }

    if (no !== pending.no || !pending.isLive) {
      return;
    }

    pending.ended(code, {code: code as Problem['code'], text, acks, slots});
    pending.isUnsure ||= code === Code.unknownOutcome;
    pending.isRefused ||= code === Code.unavailable;
    const leftMs = pending.deadlineMs - this.ports.clock.nowMs();
    const isHopeless = code === Code.unknownOutcome && leftMs < pending.order.timeoutMs / 2;
    if (code === Code.badRequest || code === Code.tooLarge || isHopeless) {
      this.#fail(pending);
    } else {
      this.#try(pending);
    }
  }

  /**
   * With one frame under way there, the broker's word is about that one, and nothing of it was carried out. With
   * more it may be about any of them.
   */
  #unheard(host: string): void {
    this.ports.directory.suspect(host);
    const there = this.#liveAt(host);
    const [first] = there;
    const isExact = there.every(({frame, isProbed}) => frame === first?.frame && !isProbed);
    for (const pending of there) {
      this.#giveUp(pending, 'unheard', `${host} does not answer`, isExact);
    }
  }

  /** Only a host of another version refuses whole frames. */
  #refused(host: string, text: string): void {
    for (const pending of this.#liveAt(host)) {
      pending.ended(Code.badRequest, {code: Code.badRequest, text, acks: 0, slots: 0});
      this.#fail(pending);
    }
  }

  #interrupt(): void {
    for (const pending of this.#pending) {
      if (pending.isLive) {
        this.#giveUp(pending, 'disconnected', 'the connection to the broker was lost', false);
      }
    }
  }

  #resume(): void {
    for (const pending of this.#pending) {
      if (!pending.isLive) {
        pending.tried = [];
        pending.rounds = 0;
        this.#try(pending);
      }
    }
  }

  /** Ends the latest attempt from this side, and goes on elsewhere. */
  #giveUp(
    pending: Pending,
    how: 'unheard' | 'silent' | 'disconnected',
    text: string,
    isUndone: boolean,
  ): void {
    pending.ended(how, unavailable(text));
    if (isUndone) {
      this.#attempts.delete(pending.no);
    } else {
      pending.isUnsure = true;
      pending.older.push(pending.no);
    }

    this.#try(pending);
  }

  #liveAt(host: string): Pending[] {
    const found: Pending[] = [];
    for (const pending of this.#pending) {
      if (pending.host === host && pending.isLive && pending.frame > 0) {
        found.push(pending);
      }
    }

    return found;
  }

  #sweep(): void {
    const {clock} = this.ports;
    const nowMs = clock.nowMs();
    for (const pending of this.#pending) {
      if (nowMs >= pending.deadlineMs) {
        this.#fail(pending);
      } else if (pending.isLive) {
        this.#listen(pending, nowMs);
      } else if (nowMs >= pending.retryAtMs) {
        this.#try(pending);
      }
    }

    this.#isSweeping = this.#pending.size > 0;
    if (this.#isSweeping) {
      clock.setTimeout(() => this.#sweep(), SWEEP_MS);
    }
  }

  #listen(pending: Pending, nowMs: number): void {
    const {host, sentAtMs, order} = pending;
    const waitedMs = nowMs - sentAtMs;
    if (waitedMs < QUIET_MS) {
      return;
    }

    pending.isProbed = true;
    if (this.#voices.mayProbe(host, nowMs)) {
      this.#outbox.probe(host);
    }

    const isSilent = this.#voices.heardAtMs(host) < sentAtMs;
    if (isSilent && waitedMs >= order.timeoutMs * SILENT_PART) {
      this.ports.directory.suspect(host);
      this.#giveUp(pending, 'silent', `${host} does not answer in time`, false);
    }
  }

  #fail(pending: Pending): void {
    this.#end(pending, pending.failure(this.ports.transport.connected));
  }

  #end(pending: Pending, ended: Outcome | QuorateError): void {
    this.#pending.delete(pending);
    this.#attempts.delete(pending.no);
    for (const no of pending.older) {
      this.#attempts.delete(no);
    }

    pending.done(ended);
    if (this.#pending.size === 0) {
      const idle = this.#idle;
      this.#idle = [];
      for (const tell of idle) {
        tell();
      }
    }
  }
}

function unavailable(text: string): Problem {
  return {code: Code.unavailable, text, acks: 0, slots: 0};
}
