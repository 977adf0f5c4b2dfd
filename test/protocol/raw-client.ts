/** A bare NATS client, as any language has one: what the protocol promises is promised to this. */
import {
  connect,
  headers as emptyHeaders,
  type Msg,
  type NatsConnection,
} from '@nats-io/transport-node';
import type {ExecutionContext} from 'ava';

export type Reply = {
  /** 200 without an error header. */
  readonly code: number;
  readonly text: string;
  readonly payload: Uint8Array;
  readonly string: string;
  /** '' when the reply has none of that name. */
  readonly header: (name: string) => string;
  readonly headerNames: readonly string[];
};

export type Fields = Readonly<Record<string, string>>;

/** A machine that is busy with other tests must decide nothing. */
export const PATIENCE_MS = 30_000;
const PATIENT: Fields = {'Quorate-Timeout-Ms': String(PATIENCE_MS)};

export class RawClient {
  private constructor(readonly connection: NatsConnection) {}

  /** Disconnects when the test is over. */
  static async connect(t: Pick<ExecutionContext, 'teardown'>, url: string): Promise<RawClient> {
    const connection = await connect({servers: url, reconnect: false});
    t.teardown(() => connection.close());
    return new RawClient(connection);
  }

  async request(
    subject: string,
    payload: Uint8Array | string = '',
    fields: Fields = {},
    timeoutMs = PATIENCE_MS + 10_000,
  ): Promise<Reply> {
    const headers = headersOf(fields);
    return replyOf(
      await this.connection.request(subject, payload, {
        timeout: timeoutMs,
        ...(headers === undefined ? {} : {headers}),
      }),
    );
  }

  get(name: string, fields?: Fields): Promise<Reply> {
    return this.request(`quorate.get.${name}`, '', {...PATIENT, ...fields});
  }

  put(name: string, value: Uint8Array | string, fields?: Fields): Promise<Reply> {
    return this.request(`quorate.put.${name}`, value, {...PATIENT, ...fields});
  }

  del(name: string, fields?: Fields): Promise<Reply> {
    return this.request(`quorate.del.${name}`, '', {...PATIENT, ...fields});
  }

  publish(
    subject: string,
    payload: Uint8Array | string,
    {reply, fields = {}}: {readonly reply?: string; readonly fields?: Fields} = {},
  ): void {
    const headers = headersOf(fields);
    this.connection.publish(subject, payload, {
      ...(reply === undefined ? {} : {reply}),
      ...(headers === undefined ? {} : {headers}),
    });
  }
}

export function headersOf(fields: Fields) {
  const entries = Object.entries(fields);
  if (entries.length === 0) {
    return undefined;
  }

  const made = emptyHeaders();
  for (const [name, value] of entries) {
    made.set(name, value);
  }

  return made;
}

export function replyOf(message: Msg): Reply {
  const header = (name: string) => message.headers?.get(name) ?? '';
  return {
    code: Number(header('Nats-Service-Error-Code') || 200),
    text: header('Nats-Service-Error'),
    payload: message.data,
    string: message.string(),
    header,
    headerNames: message.headers?.keys() ?? [],
  };
}
