/**
 * Requests of plain NATS clients: one subject, some headers, a payload; and the reply in the same
 * terms. docs/protocol.md describes this file.
 *
 * Invariants:
 *   1. A reply goes only to a subject that looks like an inbox; what asks for another is dropped
 *      and counted.
 *   2. A request that this host cannot coordinate is forwarded with all it says to us, never half
 *      done: to any owner of its partition, or by an owner to a host that keeps the bucket's
 *      copies. What was addressed to this host is not forwarded, so no request goes round; and
 *      where nobody is known to be left it is refused.
 *   3. A header of ours that is unknown, empty, or has an unknown value, is an error and not a
 *      wish.
 */
import type {Answer, Request} from '../../actors/coordinator/coordinator.messages.js';
import {Code, type Rejection, reject} from '../errors.js';
import type {Message} from '../ports/transport.js';
import type {PlainRequest} from '../subjects.js';
import {pack} from '../wire/pack.js';
import type {EdgePorts} from './edge-ports.js';
import {cut, isRejection, type RawOptions} from './request-options.js';
import {showAnswer} from './shown.js';

export const HEADER = {
  r: 'Quorate-R',
  w: 'Quorate-W',
  context: 'Quorate-Context',
  timeoutMs: 'Quorate-Timeout-Ms',
  accept: 'Quorate-Accept',
  monotonic: 'Quorate-Monotonic',
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
  HEADER.monotonic,
  HEADER.id,
];
/** Of which no request may carry one that is not listed above: NATS tells names apart by case. */
const OURS = /^(?:quorate-.*|nats-msg-id)$/i;
const EMPTY: Uint8Array = new Uint8Array(0);
/** Of most requests. */
const NO_OPTIONS: RawOptions = {r: '', w: '', context: '', timeoutMs: '', id: '', monotonic: ''};

type Fields = Array<readonly [name: string, value: string]>;

export type PlainPorts = EdgePorts & {
  /** Another host that keeps the key, or may stand in, and can be reached; null for none. */
  readonly replicaFor: (request: Request) => string | null;
  /** Whether any owner of the partition, as far as this host knows, is there. */
  readonly isReachable: (partition: number) => boolean;
};

/** One request on its way through the edge: as it came, and when. */
type Arrival = {readonly message: Message; readonly parsed: PlainRequest; readonly atMs: number};

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
    const arrival = {message, parsed, atMs: this.ports.clock.nowMs()};
    this.ports.stats.begun(verb);
    const shed = this.ports.shedding.begin(verb, arrival.atMs);
    if (shed !== null) {
      this.#answered(arrival, shed);
      return;
    }

    const names = message.headerNames();
    const options = names.length === 0 ? NO_OPTIONS : optionsOf(message);
    const admitted: Request | Rejection =
      checkHeaders(message, names) ??
      admission.admit({verb, bucket, key, value: message.payload, options}, answer =>
        this.#answer(arrival, admitted as Request, answer),
      );
    if (isRejection(admitted)) {
      this.#end(arrival, admitted);
      return;
    }

    if (!this.ports.coordinate(admitted)) {
      const cameRight = parsed.partition === admitted.partition;
      const onward = isAddressed ? cannotBeHere(admitted) : this.#onward(admitted, cameRight);
      if (isRejection(onward)) {
        this.#end(arrival, onward);
      } else {
        this.#forward(arrival, onward);
      }
    }
  }

  /** The subject on which a request goes on that cannot be coordinated here, or why it does not. */
  #onward(request: Request, cameRight: boolean): string | Rejection {
    const {subjects, replicaFor, isReachable} = this.ports;
    const {partition, verb, name} = request;
    if (cameRight) {
      const replica = replicaFor(request);
      return replica === null ? cannotBeHere(request) : subjects.addressed(replica, verb, name);
    }

    if (!isReachable(partition)) {
      // The broker would tell this host, not the client, that nobody hears it.
      const text = "none of the key's owners can be reached; nothing was applied; retry later";
      return reject(Code.unavailable, text);
    }

    return subjects.mapped(partition, verb, name);
  }

  #forward({message, parsed}: Arrival, subject: string): void {
    const {transport, counters, shedding} = this.ports;
    counters.add('requests_forwarded');
    shedding.end(parsed.verb, null, 0);
    const headers = REQUEST_HEADERS.map(field => [field, message.header(field)] as const).filter(
      ([, value]) => value !== '',
    );
    transport.publish(subject, message.payload, {
      ...(message.reply === '' ? {} : {reply: message.reply}),
      ...(headers.length === 0 ? {} : {headers}),
    });
  }

  #answer(arrival: Arrival, request: Request, answer: Answer): void {
    const {admission, epoch} = this.ports;
    const {message} = arrival;
    const scope = admission.contextScope(request.name);
    const isRead = request.verb === 'get' && answer.code === Code.ok;
    const {values, context} = showAnswer(request, answer, scope);
    const fields: Fields = [
      [HEADER.acks, `${answer.acks}/${answer.slots}`],
      [HEADER.outcome, answer.outcome],
      [HEADER.epoch, String(epoch)],
    ];
    if (context !== '') {
      fields.push([HEADER.context, context]);
    }

    if (answer.code !== Code.ok) {
      const text = answer.code === Code.notFound ? 'no such key' : answer.text;
      this.#end(arrival, {code: answer.code, text}, fields);
      return;
    }

    if (isRead) {
      fields.push([HEADER.siblings, String(values.length)]);
    } else if (answer.object !== null && context === '') {
      fields.push([HEADER.siblings, String(answer.object.siblings.length)]);
    }

    const all = isRead && message.header(HEADER.accept) === 'siblings';
    const payload = all ? pack(values) : (values[0] ?? EMPTY);
    if (payload.length + HEADERS_BYTES_MAX > this.ports.transport.maxPayloadBytes) {
      const text = `the reply would take ${payload.length} bytes: get without ${HEADER.accept}`;
      this.#end(arrival, reject(Code.tooLarge, text), fields);
      return;
    }

    this.#end(arrival, SUCCESS, fields, payload);
  }

  /** A request that was taken on ends here. */
  #end(arrival: Arrival, told: Rejection, fields: Fields = [], payload = EMPTY): void {
    const {shedding, clock} = this.ports;
    const {parsed, atMs} = arrival;
    shedding.end(parsed.verb, told.code, clock.nowMs() - atMs);
    this.#answered(arrival, told, fields, payload);
  }

  /** A request with a verb is answered here. */
  #answered(
    {message, parsed, atMs}: Arrival,
    told: Rejection,
    fields: Fields = [],
    payload = EMPTY,
  ): void {
    const {stats, clock} = this.ports;
    stats.ended(parsed.verb, told.code, told.text, clock.nowMs() - atMs);
    const headers = told.code === Code.ok ? fields : [...errorFields(told), ...fields];
    this.#reply(message, payload, headers);
  }

  #refuse(message: Message, rejection: Rejection): void {
    this.ports.counters.answered('', rejection.code);
    this.#reply(message, EMPTY, errorFields(rejection));
  }

  #reply({reply}: Message, payload: Uint8Array, headers: Fields): void {
    if (reply !== '') {
      this.ports.transport.publish(reply, payload, {headers});
    }
  }
}

function cannotBeHere({partition}: Request): Rejection {
  const text = `partition ${partition} cannot be coordinated here; nothing was applied; retry`;
  return reject(Code.overloaded, text);
}

const SUCCESS: Rejection = {code: Code.ok, text: ''};
const HEADERS_BYTES_MAX = 8 * 1024;

function optionsOf(message: Message): RawOptions {
  return {
    r: message.header(HEADER.r),
    w: message.header(HEADER.w),
    context: message.header(HEADER.context),
    timeoutMs: message.header(HEADER.timeoutMs),
    id: message.header(HEADER.id),
    monotonic: message.header(HEADER.monotonic),
  };
}

function checkHeaders(message: Message, names: readonly string[]): Rejection | null {
  for (const name of names) {
    if (OURS.test(name) && !REQUEST_HEADERS.includes(name)) {
      const known = REQUEST_HEADERS.join(', ');
      return reject(Code.badRequest, `there is no request header ${cut(name)}: known are ${known}`);
    }

    if (OURS.test(name) && message.header(name) === '') {
      return reject(Code.badRequest, `${name} is empty: give it a value or leave it out`);
    }
  }

  const accept = message.header(HEADER.accept);
  if (accept !== '' && accept !== 'siblings' && accept !== 'newest') {
    return reject(
      Code.badRequest,
      `${HEADER.accept} cannot be '${cut(accept)}': use newest or siblings`,
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
