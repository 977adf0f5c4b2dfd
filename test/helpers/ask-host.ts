/** One host addressed by its name, with frames as the client library sends them. */
import {createInbox, type NatsConnection} from '@nats-io/transport-node';
import {
  type ClientOp,
  type ClientReply,
  type ClientResult,
  decodeClientReply,
  encodeAsk,
  encodeOps,
} from '../../src/wire/client-frames.js';

export type Options = {
  readonly r?: string;
  readonly w?: string;
  readonly context?: string;
  readonly timeoutMs?: number;
};

const FRAME_OPS = 256;

export const getOp = (no: number, bucket: string, key: string, options: Options = {}): ClientOp => [
  no,
  'get',
  bucket,
  key,
  null,
  optionsOf(options),
];

export const putOp = (
  no: number,
  bucket: string,
  key: string,
  value: string,
  options: Options = {},
): ClientOp => [no, 'put', bucket, key, Buffer.from(value), optionsOf(options)];

export const delOp = (no: number, bucket: string, key: string, options: Options = {}): ClientOp => [
  no,
  'del',
  bucket,
  key,
  null,
  optionsOf(options),
];

/** Results in the order of the operations; the numbers in `ops` are their places. */
export async function operate(
  connection: NatsConnection,
  host: string,
  ops: readonly ClientOp[],
  timeoutMs = 15_000,
): Promise<ClientResult[]> {
  const results: ClientResult[] = [];
  for (let first = 0; first < ops.length; first += FRAME_OPS) {
    const frame = ops.slice(first, first + FRAME_OPS);
    results.push(...(await exchange(connection, host, frame, timeoutMs)));
  }

  const byNo = new Map(results.map(result => [result[0], result]));
  return ops.map(([no]) => byNo.get(no) as ClientResult);
}

/** Rejects when the host refuses the question, or does not answer. */
export async function ask(
  connection: NatsConnection,
  host: string,
  question: string,
  parameter: unknown = null,
): Promise<unknown> {
  const payload = encodeAsk(question, parameter);
  const message = await connection.request(`quorate.c.${host}`, payload, {timeout: 2_000});
  const reply = decodeClientReply(message.data);
  if (reply?.kind !== 'told') {
    throw new Error(`${host} does not tell its ${question}: ${describe(reply)}`);
  }

  return reply.answer;
}

/** Whether somebody listens under the host's name, by the broker's word. */
export async function isHeard(connection: NatsConnection, host: string): Promise<boolean> {
  try {
    await connection.request(`quorate.c.${host}`, encodeAsk('status', null), {timeout: 500});
    return true;
  } catch (error) {
    return !String(error).includes('no responders');
  }
}

function optionsOf({r = '', w = '', context = '', timeoutMs}: Options): ClientOp[5] {
  return [r, w, context, timeoutMs === undefined ? '' : String(timeoutMs), ''];
}

/** The results of a frame may come in several messages. */
function exchange(
  connection: NatsConnection,
  host: string,
  ops: readonly ClientOp[],
  timeoutMs: number,
): Promise<ClientResult[]> {
  return new Promise((resolve, reject) => {
    const results: ClientResult[] = [];
    const inbox = createInbox();
    const subscription = connection.subscribe(inbox, {
      callback: (_, message) => {
        const reply = message.data.length === 0 ? null : decodeClientReply(message.data);
        if (reply?.kind !== 'done') {
          end(describe(reply));
        } else if (results.push(...reply.results) >= ops.length) {
          end('');
        }
      },
    });
    connection.publish(`quorate.c.${host}`, encodeOps(ops), {reply: inbox});
    const timer = setTimeout(
      () => end(`${results.length} of ${ops.length} answers in time`),
      timeoutMs,
    );

    function end(problem: string): void {
      clearTimeout(timer);
      subscription.unsubscribe();
      if (problem === '') {
        resolve(results);
      } else {
        reject(new Error(`${host}: ${problem}`));
      }
    }
  });
}

function describe(reply: ClientReply | null): string {
  return reply?.kind === 'refused' ? reply.text : 'nobody listens';
}
