/**
 * Requests of the client library: frames of many operations, answered in frames.
 *
 * Invariants:
 *   1. Every operation of a well-formed frame is answered exactly once.
 *   2. All answers to one client in one turn leave as one message, or as few as its size allows.
 *   3. A frame that is malformed is refused as a whole, and nothing of it is carried out.
 */
import type {Answer, Request} from '../../actors/coordinator/coordinator.messages.js';
import {Code, reject, type Rejection} from '../errors.js';
import type {Message} from '../ports/transport.js';
import type {Verb} from '../subjects.js';
import {
  decodeClientRequest,
  encodeDone,
  encodeRefused,
  encodeTold,
  type ClientOp,
  type ClientResult,
} from '../wire/client-frames.js';
import type {EdgePorts} from './edge-ports.js';
import {isRejection} from './request-options.js';
import {showAnswer} from './shown.js';

const NO_VALUE = new Uint8Array(0);
const NO_VALUES: readonly Uint8Array[] = [];
/** Replies are split past this; one value alone may be larger. */
const REPLY_BYTES_MAX = 256 * 1024;
const RESULT_OVERHEAD_BYTES = 64;
const VALUE_OVERHEAD_BYTES = 5;

export type ClientPorts = EdgePorts & {
  /** Questions about the host itself. A rejection says what may be asked. */
  readonly ask: (question: string, parameter: unknown) => unknown;
};

/** One operation on its way through the edge, and when it came. */
type Arrival = {
  readonly no: number;
  readonly verb: Verb;
  readonly reply: string;
  readonly atMs: number;
};

export class ClientRequests {
  /** By reply subject: results that leave at the end of the turn. */
  readonly #replies = new Map<string, ClientResult[]>();

  constructor(private readonly ports: ClientPorts) {}

  /** Never throws. */
  onMessage(message: Message): void {
    const {subjects, counters} = this.ports;
    if (!subjects.isReplyAllowed(message.reply)) {
      counters.add('requests_dropped_reply_not_allowed');
      return;
    }

    const request = decodeClientRequest(message.payload);
    switch (request.kind) {
      case 'ops':
        for (const op of request.ops) {
          this.#take(op, message.reply);
        }

        break;
      case 'ask':
        this.#told(this.ports.ask(request.question, request.parameter), message.reply);
        break;
      default:
        counters.add('frames_malformed');
        this.#send(message.reply, encodeRefused(request.why));
    }
  }

  #take([no, verb, bucket, key, value, options]: ClientOp, reply: string): void {
    const {admission, coordinate, clock, stats, shedding} = this.ports;
    const [r, w, context, timeoutMs, id, monotonic = ''] = options;
    const arrival = {no, verb, reply, atMs: clock.nowMs()};
    stats.begun(verb);
    const shed = shedding.begin(verb, arrival.atMs);
    if (shed !== null) {
      this.#answered(arrival, refused(no, shed));
      return;
    }

    const admitted: Request | Rejection = admission.admit(
      {
        verb,
        bucket,
        key,
        value: value ?? NO_VALUE,
        options: {r, w, context, timeoutMs, id, monotonic},
      },
      answer => this.#done(arrival, admitted as Request, answer),
    );
    if (isRejection(admitted)) {
      this.#refuse(arrival, admitted);
      return;
    }

    if (!coordinate(admitted)) {
      const text = `partition ${admitted.partition} cannot be coordinated here`;
      const cure = 'nothing was applied; ask another owner';
      this.#refuse(arrival, reject(Code.overloaded, `${text}; ${cure}`));
    }
  }

  #done(arrival: Arrival, request: Request, answer: Answer): void {
    const {code, text, acks, slots, outcome} = answer;
    const scope = this.ports.admission.contextScope(request.name);
    const {values, context} = showAnswer(request, answer, scope);
    const result: ClientResult = [arrival.no, code, text, values, context, acks, slots, outcome];
    const bytes = sizeOf(result);
    if (bytes > this.ports.transport.maxPayloadBytes) {
      const size = `the siblings take ${bytes} bytes together, more than one message may`;
      this.#refuse(arrival, reject(Code.tooLarge, `${size}: put one value, without a context`));
      return;
    }

    this.#end(arrival, result);
  }

  #refuse(arrival: Arrival, rejection: Rejection): void {
    this.#end(arrival, refused(arrival.no, rejection));
  }

  /** An operation that was taken on ends here. */
  #end(arrival: Arrival, result: ClientResult): void {
    const {shedding, clock} = this.ports;
    shedding.end(arrival.verb, result[1] as Code, clock.nowMs() - arrival.atMs);
    this.#answered(arrival, result);
  }

  #answered({verb, reply, atMs}: Arrival, result: ClientResult): void {
    const {stats, clock} = this.ports;
    stats.ended(verb, result[1] as Code, result[2], clock.nowMs() - atMs);
    this.#queue(reply, result);
  }

  #told(answer: unknown, reply: string): void {
    if (isRejection(answer)) {
      this.ports.counters.answered('', answer.code);
    }

    this.#send(reply, isRejection(answer) ? encodeRefused(answer.text) : encodeTold(answer));
  }

  #queue(reply: string, result: ClientResult): void {
    const waiting = this.#replies.get(reply);
    if (waiting !== undefined) {
      waiting.push(result);
      return;
    }

    this.#replies.set(reply, [result]);
    if (this.#replies.size === 1) {
      this.ports.clock.endOfTurn(() => this.#flush());
    }
  }

  #flush(): void {
    for (const [reply, results] of this.#replies) {
      let first = 0;
      let bytes = 0;
      for (let next = 0; next < results.length; next += 1) {
        const size = sizeOf(results[next] as ClientResult);
        if (bytes + size > REPLY_BYTES_MAX && next > first) {
          this.#send(reply, encodeDone(results.slice(first, next), this.ports.epoch));
          first = next;
          bytes = 0;
        }

        bytes += size;
      }

      const rest = first === 0 ? results : results.slice(first);
      this.#send(reply, encodeDone(rest, this.ports.epoch));
    }

    this.#replies.clear();
  }

  #send(reply: string, payload: Uint8Array): void {
    const {transport, counters} = this.ports;
    if (payload.length <= transport.maxPayloadBytes) {
      transport.publish(reply, payload);
    } else {
      counters.add('replies_dropped_too_large');
    }
  }
}

function refused(no: number, {code, text}: Rejection): ClientResult {
  return [no, code, text, NO_VALUES, '', 0, 0, 'strict'];
}

/** At most, in bytes. */
function sizeOf([, , text, values, context]: ClientResult): number {
  let bytes = RESULT_OVERHEAD_BYTES + 3 * text.length + context.length;
  for (const value of values) {
    bytes += value.length + VALUE_OVERHEAD_BYTES;
  }

  return bytes;
}
