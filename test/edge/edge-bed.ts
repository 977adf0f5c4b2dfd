/**
 * The edge on its own: a topology, a transport that takes only what the real one would, and no
 * cluster behind.
 */
import type {Answer, Request} from '../../actors/coordinator/coordinator.messages.js';
import {Counters} from '../../src/counters.js';
import {Admission} from '../../src/edge/admission.js';
import {RequestStats} from '../../src/edge/request-stats.js';
import {Shedding} from '../../src/edge/shedding.js';
import {Code} from '../../src/errors.js';
import type {Message, PublishOptions, Transport} from '../../src/ports/transport.js';
import {SimClock} from '../../src/sim/clock.js';
import {SimRandom} from '../../src/sim/random.js';
import {Subjects} from '../../src/subjects.js';
import {createTopology} from '../../src/topology/create.js';
import {headerBytes} from '../../src/wire/header-grammar.js';
import {checkPublish} from '../../src/wire/subject-grammar.js';

export type Published = {
  readonly subject: string;
  readonly payload: Uint8Array;
  readonly options: PublishOptions;
};

const MAX_PAYLOAD_BYTES = 1024 * 1024;

/** Throws for what NATS has no spelling for, as the port says. */
class StrictTransport implements Transport {
  readonly connected = true;
  readonly maxPayloadBytes = MAX_PAYLOAD_BYTES;
  readonly published: Published[] = [];
  readonly subscribed = new Map<string, (message: Message) => void>();

  publish(subject: string, payload: Uint8Array, options: PublishOptions = {}): void {
    checkPublish(subject, options.reply ?? '');
    if (payload.length + headerBytes(options.headers ?? []) > MAX_PAYLOAD_BYTES) {
      throw new RangeError('payload and headers together are over the limit');
    }

    this.published.push({subject, payload, options});
  }

  subscribe(subject: string, _: object, handler: (message: Message) => void) {
    this.subscribed.set(subject, handler);
    return {
      unsubscribe: () => this.subscribed.delete(subject),
      drain: () => this.subscribed.delete(subject),
    };
  }

  onConnected(): void {}

  close(done: () => void): void {
    done();
  }
}

export type Sent = {
  readonly subject: string;
  readonly reply: string;
  readonly payload: Uint8Array;
  readonly headers: ReadonlyArray<readonly [name: string, value: string]>;
};

export function messageOf({subject, reply, payload, headers}: Sent): Message {
  return {
    subject,
    reply,
    payload,
    header: name => headers.find(([known]) => known === name)?.[1] ?? '',
    headerNames: () => [...new Set(headers.map(([name]) => name))],
    unheard: false,
  };
}

export const ABSENT: Answer = {
  code: Code.notFound,
  text: '',
  object: null,
  acks: 2,
  slots: 3,
  outcome: 'strict',
};

/** `decide` answers what was admitted; undefined: the partition is not open here. */
export function edgeBed(decide: (request: Request) => Answer | undefined = () => ABSENT) {
  const {topology} = createTopology(
    {hosts: ['h1', 'h2', 'h3'].map(id => ({id}))},
    new SimRandom(7),
  );
  const transport = new StrictTransport();
  const clock = new SimClock();
  const counters = new Counters();
  const subjects = new Subjects('quorate');
  const random = new SimRandom(7);
  const options = {wantedMs: 100, requestsAtFirst: 4, requestsMin: 2, requestsMax: 8};
  const shedding = new Shedding({
    transport,
    clock,
    random,
    subjects,
    counters,
    host: 'h1',
    options,
  });
  const ports = {
    shedding,
    transport,
    clock,
    counters,
    stats: new RequestStats(counters),
    subjects,
    admission: new Admission(topology, clock),
    epoch: 1,
    coordinate: (request: Request) => {
      const decided = decide(request);
      if (decided !== undefined) {
        request.answer(decided);
      }

      return decided !== undefined;
    },
    replicaFor: () => null,
    isReachable: (partition: number) => partition % 2 === 0,
    ask: () => ({asked: true}),
  };
  return {ports, transport, clock, counters, topology};
}
