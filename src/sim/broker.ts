/**
 * The routing of a NATS broker: who gets a message. It knows no time; connections bring and take at
 * once.
 *
 * Invariants:
 *   1. Every plain subscription that matches gets a message, and one member of each queue group.
 *   2. When none gets it and it names a reply, the publisher hears `unheard` on that reply.
 *   3. A session that ended gets nothing.
 */
import type {PublishOptions} from '../ports/transport.js';
import type {Random} from '../ports/random.js';
import {matches} from '../wire/subject-grammar.js';

/** A message between a connection and the broker. Never changed, so that it can be shared. */
export type Frame = {
  readonly subject: string;
  readonly reply: string;
  readonly payload: Uint8Array;
  readonly headers: NonNullable<PublishOptions['headers']>;
  readonly unheard: boolean;
};

/** One connection as the broker sees it, from its dial to its end. */
export type Session = {readonly deliver: (subscription: number, frame: Frame) => void};

type Interest = {
  readonly session: Session;
  readonly subscription: number;
  readonly pattern: readonly string[];
  readonly queue: string | undefined;
};

// Bounds what is remembered of subjects: most are used a few times and never again.
const routesMax = 10_000;

export class SimBroker {
  readonly #random: Random;
  readonly #mapping: (subject: string) => string;
  readonly #interests = new Map<Session, Map<number, Interest>>();
  readonly #routes = new Map<string, readonly Interest[]>();

  /** `mapping` is what the broker's configuration makes of a published subject. */
  constructor(random: Random, mapping: (subject: string) => string) {
    this.#random = random;
    this.#mapping = mapping;
  }

  begin(session: Session): void {
    this.#interests.set(session, new Map());
  }

  end(session: Session): void {
    this.#interests.delete(session);
    this.#routes.clear();
  }

  endAllBut(sessions: ReadonlySet<Session>): void {
    for (const session of this.#interests.keys()) {
      if (!sessions.has(session)) {
        this.end(session);
      }
    }
  }

  has(session: Session): boolean {
    return this.#interests.has(session);
  }

  subscribe(session: Session, subscription: number, subject: string, queue?: string): void {
    const interest = {session, subscription, pattern: subject.split('.'), queue};
    this.#interests.get(session)?.set(subscription, interest);
    this.#routes.clear();
  }

  unsubscribe(session: Session, subscription: number): void {
    this.#interests.get(session)?.delete(subscription);
    this.#routes.clear();
  }

  publish(session: Session, frame: Frame): void {
    if (!this.has(session)) {
      return;
    }
    const mapped = {...frame, subject: this.#mapping(frame.subject)};
    const receivers = this.#pickReceivers(this.#route(mapped.subject));
    for (const {session: to, subscription} of receivers) {
      to.deliver(subscription, mapped);
    }
    if (receivers.length === 0 && frame.reply !== '') {
      this.#answerUnheard(session, frame.reply);
    }
  }

  #answerUnheard(session: Session, reply: string): void {
    const own = this.#route(reply).find(interest => interest.session === session);
    const payload = new Uint8Array();
    own?.session.deliver(own.subscription, {
      subject: reply,
      reply: '',
      payload,
      headers: [],
      unheard: true,
    });
  }

  #pickReceivers(route: readonly Interest[]): readonly Interest[] {
    const receivers = route.filter(({queue}) => queue === undefined);
    const queues = new Map<string, Interest[]>();
    for (const interest of route) {
      if (interest.queue !== undefined) {
        const members = queues.get(interest.queue) ?? [];
        members.push(interest);
        queues.set(interest.queue, members);
      }
    }
    for (const members of queues.values()) {
      const chosen = members[this.#random.below(members.length)];
      if (chosen !== undefined) {
        receivers.push(chosen);
      }
    }
    return receivers;
  }

  #route(subject: string): readonly Interest[] {
    const known = this.#routes.get(subject);
    if (known !== undefined) {
      return known;
    }
    const tokens = subject.split('.');
    const route = [...this.#interests.values()]
      .flatMap(interests => [...interests.values()])
      .filter(({pattern}) => matches(pattern, tokens));
    if (this.#routes.size >= routesMax) {
      this.#routes.clear();
    }
    this.#routes.set(subject, route);
    return route;
  }
}
