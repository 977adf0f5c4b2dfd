/**
 * Requests of plain NATS clients: one subject, some headers, a payload; and the reply in the same terms.
 * docs/protocol.md describes this file.
 *
 * Invariants:
 *   1. A reply goes only to a subject that looks like an inbox; what asks for another is dropped and counted.
 *   2. A request that this host cannot coordinate is forwarded as it came, never half done: to any owner of
 *      its partition, or by an owner to a host that keeps the bucket's copies. What was addressed to this host
 *      is not forwarded, so no request goes round.
 *   3. A header of ours that is unknown, or has an unknown value, is an error and not a wish.
 */
import type {Answer} from '../../actors/coordinator/coordinator.messages.js';
import type {Counters} from '../counters.js';
import {Code, type Rejection, reject} from '../errors.js';
import type {Message, Transport} from '../ports/transport.js';
import type {Subjects} from '../subjects.js';
import {pack} from '../wire/pack.js';
import type {Admission, Admitted} from './admission.js';
import {isRejection, type RawOptions} from './request-options.js';
import {contextOf, show} from './shown.js';

export const HEADER = {
  r: 'Quorate-R',
  w: 'Quorate-W',
  context: 'Quorate-Context',
  timeoutMs: 'Quorate-Timeout-Ms',
  accept: 'Quorate-Accept',
  id: 'Nats-Msg-Id',
  siblings: 'Quorate-Siblings',
  acks: 'Quorate-Acks',
  outcome: 'Quorate-Outcome',
  epoch: 'Quorate-Epoch',
  errorCode: 'Nats-Service-Error-Code',
  error: 'Nats-Service-Error',
} as const;

const REQUEST_HEADERS: readonly string[] = [
  HEADER.r,
  HEADER.w,
  HEADER.context,
  HEADER.timeoutMs,
  HEADER.accept,
];
const OURS = 'quorate-';
const EMPTY = new Uint8Array(0);

type Fields = Array<readonly [name: string, value: string]>;

export type PlainPorts = {
  readonly transport: Transport;
  readonly subjects: Subjects;
  readonly counters: Counters;
  readonly admission: Admission;
  readonly epoch: number;
  /** Puts the request before the coordinator if it can be coordinated here; false when it cannot. */
  readonly coordinate: (request: Admitted, answer: (answer: Answer) => void) => boolean;
  /** Another host that keeps the key and can be reached; null when there is none. */
  readonly replicaFor: (request: Admitted) => string | null;
};

export class PlainRequests {
  constructor(private readonly ports: PlainPorts) {}

  /** Handles one request. `isAddressed`: it is for this host and no other. Never throws. */
  onMessage(message: Message, isAddressed = false): void {
    const {subjects, counters, admission} = this.ports;
    if (message.reply !== '' && !subjects.isReplyAllowed(message.reply)) {
      counters.add('requests_dropped_reply_not_allowed');
      return;
    }

    const parsed = subjects.parsePlain(message.subject);
    if (isRejection(parsed)) {
      this.#refuse(message, parsed);
      return;
    }

    const {verb, bucket, key} = parsed;
    const siblings = message.header(HEADER.accept);
    const problem = checkHeaders(message, siblings);
    const admitted =
      problem ??
      admission.admit({verb, bucket, key, value: message.payload, options: optionsOf(message)});
    if (isRejection(admitted)) {
      this.#refuse(message, admitted);
      return;
    }

    counters.add(`requests_${verb}`);
    const answer = (answered: Answer) => this.#answer(message, admitted, answered);
    if (!this.ports.coordinate(admitted, answer)) {
      const cameRight = parsed.partition === admitted.partition;
      this.#forward(message, admitted, isAddressed ? null : this.#onward(admitted, cameRight));
    }
  }

  /** Where a request goes that cannot be coordinated here. */
  #onward(request: Admitted, cameRight: boolean): string | null {
    const {subjects, replicaFor} = this.ports;
    const {partition, verb, name} = request;
    if (!cameRight) {
      return subjects.mapped(partition, verb, name);
    }

    const replica = replicaFor(request);
    return replica === null ? null : subjects.addressed(replica, verb, name);
  }

  #forward(message: Message, {partition}: Admitted, subject: string | null): void {
    if (subject === null) {
      const text = `partition ${partition} cannot be coordinated here; nothing was applied; retry`;
      this.#refuse(message, reject(Code.overloaded, text));
      return;
    }

    this.ports.counters.add('requests_forwarded');
    const headers = message.headerNames().map(field => [field, message.header(field)] as const);
    this.ports.transport.publish(subject, message.payload, {
      ...(message.reply === '' ? {} : {reply: message.reply}),
      ...(headers.length === 0 ? {} : {headers}),
    });
  }

  #answer(message: Message, request: Admitted, answer: Answer): void {
    const {admission, epoch, counters} = this.ports;
    const scope = admission.contextScope(request.name);
    const isRead = request.verb === 'get' && answer.code === Code.ok;
    const shown = isRead
      ? show(answer.object, request.rules, scope)
      : {values: [], context: contextOf(answer.object, scope)};
    counters.answered(request.verb, answer.code);
    const fields: Fields = [
      [HEADER.acks, `${answer.acks}/${answer.slots}`],
      [HEADER.outcome, answer.outcome],
      [HEADER.epoch, String(epoch)],
    ];
    if (shown.context !== '') {
      fields.push([HEADER.context, shown.context]);
    }

    if (answer.code !== Code.ok) {
      const text = answer.code === Code.notFound ? 'no such key' : answer.text;
      this.#reply(message, EMPTY, [...errorFields({code: answer.code, text}), ...fields]);
      return;
    }

    if (isRead) {
      fields.push([HEADER.siblings, String(shown.values.length)]);
    }

    const all = message.header(HEADER.accept) === 'siblings';
    const payload = isRead && all ? pack(shown.values) : (shown.values[0] ?? EMPTY);
    this.#reply(message, payload, fields);
  }

  #refuse(message: Message, rejection: Rejection): void {
    this.ports.counters.answered('', rejection.code);
    this.#reply(message, EMPTY, errorFields(rejection));
  }

  #reply(message: Message, payload: Uint8Array, headers: Fields): void {
    const {transport} = this.ports;
    if (message.reply === '') {
      return;
    }

    if (payload.length + HEADERS_BYTES_MAX > transport.maxPayloadBytes) {
      const text = `the siblings take ${payload.length} bytes together: get without Quorate-Accept`;
      transport.publish(message.reply, EMPTY, {
        headers: errorFields(reject(Code.tooLarge, text)),
      });
      return;
    }

    transport.publish(message.reply, payload, {headers});
  }
}

const HEADERS_BYTES_MAX = 8 * 1024;

function optionsOf(message: Message): RawOptions {
  return {
    r: message.header(HEADER.r),
    w: message.header(HEADER.w),
    context: message.header(HEADER.context),
    timeoutMs: message.header(HEADER.timeoutMs),
    id: message.header(HEADER.id),
  };
}

function checkHeaders(message: Message, accept: string): Rejection | null {
  for (const name of message.headerNames()) {
    if (name.toLowerCase().startsWith(OURS) && !REQUEST_HEADERS.includes(name)) {
      const known = REQUEST_HEADERS.join(', ');
      return reject(Code.badRequest, `there is no request header ${name}: known are ${known}`);
    }
  }

  if (accept !== '' && accept !== 'siblings' && accept !== 'newest') {
    return reject(
      Code.badRequest,
      `${HEADER.accept} cannot be '${accept}': use newest or siblings`,
    );
  }

  return null;
}

function errorFields({code, text}: Rejection): Fields {
  return [
    [HEADER.errorCode, String(code)],
    [HEADER.error, headerText(text)],
  ];
}

/** A header value is one line; what a client sent us is quoted in some of them. */
function headerText(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]+/g, '?').slice(0, 1000);
}
