/** The ways by which a test's requests reach the cluster, and what their answers are worth. */
import {headers, type Msg, type NatsConnection} from '@nats-io/transport-node';
import {unpack} from 'msgpackr';
import type {ClientOp} from '../../src/wire/client-frames.js';
import {operate} from './ask-host.js';

export type Verb = 'get' | 'put' | 'del';

export type RouteRequest = {
  readonly verb: Verb;
  readonly bucket: string;
  readonly key: string;
  readonly value?: string;
  readonly context?: string;
};

export type RouteAnswer =
  | {
      readonly kind: 'ok';
      readonly values: readonly string[];
      readonly context: string;
      /** Replicas that held it durably, or that were read. */
      readonly acks: number;
      /** Owners that the key has. */
      readonly slots: number;
      readonly outcome: string;
    }
  /** Certainly nothing was applied. */
  | {readonly kind: 'refused'; readonly text: string}
  | {readonly kind: 'unknown'; readonly text: string};

export type Route = (request: RouteRequest) => Promise<RouteAnswer>;

const REQUEST_TIMEOUT_MS = 3_000;

/** As any NATS client would: the broker chooses the host. `given` are further headers. */
export function plainRoute(
  connection: NatsConnection,
  given: Readonly<Record<string, string>> = {},
): Route {
  return async ({verb, bucket, key, value = '', context = ''}) => {
    const fields = headers();
    for (const [name, text] of Object.entries(given)) {
      fields.set(name, text);
    }

    if (verb === 'get') {
      fields.set('Quorate-Accept', 'siblings');
    }

    if (context !== '') {
      fields.set('Quorate-Context', context);
    }

    try {
      const options = {timeout: REQUEST_TIMEOUT_MS, headers: fields};
      const subject = `quorate.${verb}.${bucket}.${key}`;
      return answerOf(await connection.request(subject, value, options));
    } catch (error) {
      const text = String(error);
      return {kind: text.includes('no responders') ? 'refused' : 'unknown', text};
    }
  };
}

/** Always the same host, in a frame of one. */
export function hostRoute(connection: NatsConnection, host: string): Route {
  return async ({verb, bucket, key, value = '', context = ''}) => {
    const payload = verb === 'put' ? Buffer.from(value) : null;
    const op: ClientOp = [0, verb, bucket, key, payload, ['', '', context, '', '']];
    try {
      const [result] = await operate(connection, host, [op], REQUEST_TIMEOUT_MS);
      const [, code = 0, text = '', values = [], seen = '', acks = 0, slots = 0, outcome = ''] =
        result ?? [];
      return judge(code, text, values, {context: seen, acks, slots, outcome});
    } catch (error) {
      return {kind: 'unknown', text: String(error)};
    }
  };
}

function answerOf(message: Msg): RouteAnswer {
  const field = (name: string) => message.headers?.get(name) ?? '';
  const code = Number(field('Nats-Service-Error-Code') || 200);
  const isValue = code === 200 && message.data.length > 0;
  const values = isValue ? (unpack(message.data) as Uint8Array[]) : [];
  const [acks = 0, slots = 0] = field('Quorate-Acks').split('/').map(Number);
  return judge(code, field('Nats-Service-Error'), values, {
    context: field('Quorate-Context'),
    acks,
    slots,
    outcome: field('Quorate-Outcome'),
  });
}

function judge(
  code: number,
  text: string,
  values: readonly Uint8Array[],
  seen: {
    readonly context: string;
    readonly acks: number;
    readonly slots: number;
    readonly outcome: string;
  },
): RouteAnswer {
  if (code === 200 || code === 404) {
    return {kind: 'ok', values: values.map(value => Buffer.from(value).toString()), ...seen};
  }

  const nothing = code === 400 || code === 413 || code === 429 || text.includes('nothing was');
  return {kind: nothing ? 'refused' : 'unknown', text: `${code} ${text}`};
}
