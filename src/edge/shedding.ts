/**
 * Shedding: whether a client's request is taken on, decided before anything is done for it.
 *
 * A request is turned down when as many of its kind are under way as end in time
 * (`load-limit.ts`). Of what has waited long before it was read (`backlog.ts`) as few are taken on
 * as every host can bear: a client that is there after a stall of its machine is served, and of a
 * heap of requests whose clients have given up the most is not worked for. What other hosts
 * ask for is never turned down here: a merge belongs to a write that somebody has taken on already,
 * and to shed it would make that one fail, after all the work.
 *
 * Invariants:
 *   1. What is turned down was not carried out, not even in part.
 *   2. Reads and writes have limits of their own: a disk that takes writes slowly costs no read.
 *   3. It ticks only between `start` and its end.
 */
import type {Counters} from '../counters.js';
import {Code, reject, type Rejection} from '../errors.js';
import type {Clock, TimerId} from '../ports/clock.js';
import type {Random} from '../ports/random.js';
import type {Subscription, Transport} from '../ports/transport.js';
import type {Subjects, Verb} from '../subjects.js';
import {Backlog} from './backlog.js';
import {LoadLimit} from './load-limit.js';

export type SheddingOptions = {
  readonly wantedMs: number;
  readonly requestsAtFirst: number;
  readonly requestsMin: number;
  readonly requestsMax: number;
};

export type SheddingPorts = {
  readonly clock: Clock;
  readonly random: Random;
  readonly transport: Transport;
  readonly subjects: Subjects;
  readonly counters: Counters;
  readonly host: string;
  readonly options: SheddingOptions;
};

/** What a host says of it in its status. */
export type LoadReport = {
  /** How long what was read last had waited in the socket and at the broker. */
  readonly backlogMs: number;
  /** That is so long that few requests at once are taken on. */
  readonly stale: boolean;
  readonly reads: {readonly underWay: number; readonly limit: number};
  readonly writes: {readonly underWay: number; readonly limit: number};
};

const FULL = reject(
  Code.overloaded,
  'this host has all the requests it can answer in time; nothing was applied; pause, then retry',
);
const STALE = reject(
  Code.overloaded,
  'the request waited too long before this host read it; nothing was applied; pause, then retry',
);

export class Shedding {
  readonly #reads: LoadLimit;
  readonly #writes: LoadLimit;
  readonly #backlog: Backlog;
  #timer: TimerId;
  #isTicking = false;
  /** A request came since the last tick: only then does its age matter. */
  #isAsked = false;

  constructor(private readonly ports: SheddingPorts) {
    const {clock, random, options} = ports;
    const {wantedMs, requestsAtFirst: first, requestsMin: least, requestsMax: most} = options;
    const limits = {wantedMs, first, least, most};
    this.#reads = new LoadLimit(limits, clock.nowMs());
    this.#writes = new LoadLimit(limits, clock.nowMs());
    this.#backlog = new Backlog(random.bytes(16), this.#tickMs, this.#times());
  }

  get report(): LoadReport {
    const nowMs = this.ports.clock.nowMs();
    const of = ({underWay, limit}: LoadLimit) => ({underWay, limit});
    return {
      backlogMs: Math.round(this.#backlog.ageMs(nowMs)),
      stale: this.#backlog.isStale(nowMs),
      reads: of(this.#reads),
      writes: of(this.#writes),
    };
  }

  /** null when the request is taken on: then `end` must follow, once. */
  begin(verb: Verb, nowMs: number): Rejection | null {
    this.#isAsked = true;
    if (this.#backlog.notice(nowMs)) {
      this.#stalled(nowMs);
    }

    const isStale = this.#backlog.isStale(nowMs);
    if (this.#limitOf(verb).begin(isStale)) {
      return null;
    }

    this.ports.counters.add(isStale ? 'requests_shed_stale' : 'requests_shed_full');
    return isStale ? STALE : FULL;
  }

  /** What was refused, forwarded or misunderstood ended for reasons that are none of load's. */
  end(verb: Verb, code: Code | null, tookMs: number): void {
    const tells = code === Code.ok || code === Code.notFound || code === Code.unknownOutcome;
    this.#limitOf(verb).end(tells ? tookMs : null);
  }

  /** Ends with the subscription that it gives. */
  start(): Subscription {
    const {transport, subjects, clock, host} = this.ports;
    const marks = transport.subscribe(subjects.mark(host), {}, ({payload}) =>
      this.#backlog.heard(payload, clock.nowMs()),
    );
    transport.onConnected(connected => connected && this.#backlog.forget());
    this.#backlog.start(this.#times());
    this.#schedule();
    return {
      unsubscribe: () => {
        this.#stop();
        marks.unsubscribe();
      },
      drain: done => {
        this.#stop();
        marks.drain(done);
      },
    };
  }

  #schedule(): void {
    const {clock} = this.ports;
    this.#isTicking = true;
    this.#timer = clock.setTimeout(() => {
      this.#tick();
      this.#schedule();
    }, this.#tickMs);
  }

  #stop(): void {
    if (this.#isTicking) {
      this.#isTicking = false;
      this.ports.clock.clearTimeout(this.#timer);
    }
  }

  #tick(): void {
    const times = this.#times();
    if (this.#backlog.tick(times)) {
      this.#stalled(times.nowMs);
    } else if (this.#isAsked || this.#backlog.isStale(times.nowMs)) {
      this.#mark(times.nowMs);
    } else {
      this.#backlog.rest();
    }

    const cameMs = this.#isAsked ? this.#backlog.ageMs(times.nowMs) : 0;
    this.#isAsked = false;
    this.#reads.adjust(times.nowMs, cameMs);
    this.#writes.adjust(times.nowMs, cameMs);
  }

  #stalled(nowMs: number): void {
    this.ports.counters.add('event_loop_stalls');
    this.#mark(nowMs);
  }

  #mark(nowMs: number): void {
    const {transport, subjects, host} = this.ports;
    transport.publish(subjects.mark(host), this.#backlog.mark(nowMs));
  }

  get #tickMs(): number {
    return this.ports.options.wantedMs / 2;
  }

  #limitOf(verb: Verb): LoadLimit {
    return verb === 'get' ? this.#reads : this.#writes;
  }

  #times() {
    const {clock} = this.ports;
    return {nowMs: clock.nowMs(), wallMs: clock.wallMs()};
  }
}
