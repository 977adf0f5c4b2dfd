/**
 * The requests of a client that are under way: each goes to an owner of its key, then to the next,
 * until one answer is final or its time is over.
 *
 *   success, no such key, 400, 413   final
 *   503, unheard, silent             the next owner at once; after the last one a pause, then all
 *                                    again, a bounded number of rounds: fewer once a host has said
 *                                    503, which it says for a while after a connection was lost,
 *                                    and for long while owners are down
 *   429                              the next owner at once, but none that has just said the same
 *                                    to any request; else a longer pause, for as long as there is
 *                                    time for another: a far longer one when no success of this
 *                                    client pays for it (retry-budget.ts)
 *   504                              the next owner while more than half of the time is left
 *   connection lost                  again, with the same id, when it is back within the time
 *
 * Invariants:
 *   1. Every request ends exactly once, at the latest at its deadline (to within a sweep).
 *   2. All attempts of one write carry one id, so that however many were carried out, it is done
 *      once.
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
import {Register} from './register.js';
import {RetryBudget} from './retry-budget.js';
import {pauseMs, type Trouble} from './rounds.js';
import {Sweeper} from './sweeper.js';
import {QUIET_MS, Voices} from './voices.js';

/** A host that has said nothing for this part of a request's time loses it to the next owner. */
const SILENT_PART = 1 / 4;
/** Fewer are not divided among hosts. */
const SHARED_OPS_MIN = 16;

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
  readonly #register = new Register();
  readonly #voices = new Voices();
  readonly #budget: RetryBudget;
  readonly #outbox: Outbox;
  readonly #sweeper: Sweeper;
  /** Half of what is under way goes to one host at most, so that two work on it at once. */
  readonly #isReady = (host: string): boolean =>
    this.#outbox.hasBelow(host, Math.max(SHARED_OPS_MIN, this.#register.size / 2));

  constructor(private readonly ports: RequestPorts) {
    const {transport, clock, subjects, replyTo} = ports;
    this.#budget = new RetryBudget(ports.inFlightMax);
    this.#outbox = new Outbox({
      clock,
      publish: (host, ops) =>
        transport.publish(subjects.client(host), encodeOps(ops), {reply: replyTo(host)}),
      sent: (frame, ops) => this.#register.sent(frame, ops),
    });
    this.#sweeper = new Sweeper(clock, nowMs => this.#sweep(nowMs));
    transport.onConnected(connected => (connected ? this.#resume() : this.#interrupt()));
  }

  /** Calls `done` exactly once; at once when the request is turned down here. */
  submit(order: Order, done: (ended: Outcome | QuorateError) => void): void {
    const {clock, transport, inFlightMax} = this.ports;
    if (this.#register.size >= inFlightMax) {
      const text = `${inFlightMax} requests of this client are under way; nothing was sent`;
      done(new Overloaded(Code.overloaded, `${text}; wait for some`));
      return;
    }

    const tooLarge = sizeProblem(order, transport.maxPayloadBytes);
    if (tooLarge !== null) {
      done(tooLarge);
      return;
    }

    const pending = new Pending(order, clock.nowMs() + order.timeoutMs, done);
    this.#register.add(pending);
    this.#sweeper.start();
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
    this.#register.whenEmpty(done);
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

    // Requests of one turn go together: to any owner, one frame for all costs least. Writes without
    // a context keep to their key's first owner: another one may not have the last of them yet, and
    // would make a sibling.
    const isFree = order.verb === 'get' || order.context !== '';
    const ready = isFree ? this.#isReady : undefined;
    const host = directory.next(order.bucket, order.key, pending.tried, ready);
    if (host === null || (pending.isShed && directory.isBusy(host))) {
      this.#roundOver(pending);
      return;
    }

    this.#register.begin(pending, host, clock.nowMs());
    pending.tried = [...pending.tried, host];
    this.#outbox.post(host, pending.operation());
  }

  #learn(pending: Pending): void {
    const {directory, subjects} = this.ports;
    directory.learn(lesson => {
      if (!this.#register.has(pending)) {
        return;
      }

      if (lesson === 'learnt') {
        this.#try(pending);
      } else {
        const text = `no host of a cluster '${subjects.root}' answers at this broker`;
        pending.note(unavailable(`${text}; nothing was sent`));
        this.#roundOver(pending);
      }
    });
  }

  #roundOver(pending: Pending): void {
    const {random, clock, directory} = this.ports;
    pending.rounds += 1;
    const waitMs = pauseMs(pending.rounds, this.#troubleOf(pending), random);
    if (waitMs === null || (pending.isShed && clock.nowMs() + waitMs >= pending.deadlineMs)) {
      this.#fail(pending);
      return;
    }

    // That no owner took it may mean that others own it by now.
    directory.learn(() => undefined);
    pending.tried = [];
    pending.isShed = false;
    pending.retryAtMs = clock.nowMs() + waitMs;
  }

  #troubleOf({isShed, isRefused}: Pending): Trouble {
    if (isShed) {
      return this.#budget.spend() ? 'shed' : 'unpaid';
    }

    return isRefused ? 'refused' : 'other';
  }

  #answered(result: ClientResult, epoch: number): void {
    const [no, code, text, , , acks, slots] = result;
    const pending = this.#register.take(no);
    if (pending === undefined) {
      return;
    }

    if (code === Code.ok || code === Code.notFound) {
      this.#budget.earn();
      this.#end(pending, {result, epoch});
      return;
    }

    if (no !== pending.no || !pending.isLive) {
      return;
    }

    pending.ended(code, {code: code as Problem['code'], text, acks, slots});
    pending.isUnsure ||= code === Code.unknownOutcome;
    pending.isRefused ||= code === Code.unavailable;
    if (code === Code.overloaded) {
      pending.isShed = true;
      this.ports.directory.noteBusy(pending.host);
    }

    const leftMs = pending.deadlineMs - this.ports.clock.nowMs();
    const isHopeless = code === Code.unknownOutcome && leftMs < pending.order.timeoutMs / 2;
    if (code === Code.badRequest || code === Code.tooLarge || isHopeless) {
      this.#fail(pending);
    } else {
      this.#try(pending);
    }
  }

  /**
   * With one frame under way there, the broker's word is about that one, and nothing of it was
   * carried out. With more it may be about any of them.
   */
  #unheard(host: string): void {
    this.ports.directory.suspect(host);
    const there = this.#register.liveAt(host);
    const [first] = there;
    const isExact = there.every(({frame, isProbed}) => frame === first?.frame && !isProbed);
    for (const pending of there) {
      this.#giveUp(pending, 'unheard', `${host} does not answer`, isExact);
    }
  }

  /** Only a host of another version refuses whole frames. */
  #refused(host: string, text: string): void {
    for (const pending of this.#register.liveAt(host)) {
      pending.ended(Code.badRequest, {code: Code.badRequest, text, acks: 0, slots: 0});
      this.#fail(pending);
    }
  }

  #interrupt(): void {
    for (const pending of this.#register) {
      if (pending.isLive) {
        this.#giveUp(pending, 'disconnected', 'the connection to the broker was lost', false);
      }
    }
  }

  #resume(): void {
    for (const pending of this.#register) {
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
      this.#register.take(pending.no);
    } else {
      pending.isUnsure = true;
      pending.older = [...pending.older, pending.no];
    }

    this.#try(pending);
  }

  #sweep(nowMs: number): boolean {
    for (const pending of this.#register) {
      if (nowMs >= pending.deadlineMs) {
        this.#fail(pending);
      } else if (pending.isLive) {
        this.#listen(pending, nowMs);
      } else if (nowMs >= pending.retryAtMs) {
        this.#try(pending);
      }
    }

    return this.#register.size > 0;
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
    this.#register.remove(pending);
    pending.done(ended);
  }
}

function sizeProblem({value, context}: Order, maxPayloadBytes: number): TooLarge | null {
  // A key of the greatest length is a few times the usual overhead.
  const bytes = (value?.length ?? 0) + context.length + OP_OVERHEAD_BYTES * 8;
  const text = `value and context take ${bytes} bytes, a message ${maxPayloadBytes}`;
  return bytes > maxPayloadBytes ? new TooLarge(Code.tooLarge, `${text}: store it in parts`) : null;
}

function unavailable(text: string): Problem {
  return {code: Code.unavailable, text, acks: 0, slots: 0};
}
