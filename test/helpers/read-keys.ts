/** Reads many keys at one host, each until it is answered: what a host sheds is asked again. */
import type {NatsConnection} from '@nats-io/transport-node';
import {setTimeout as sleep} from 'node:timers/promises';
import {Code} from '../../src/errors.js';
import {getOp, operate} from './ask-host.js';

export type KeyRead = {
  readonly code: number;
  readonly text: string;
  readonly values: readonly string[];
};

/**
 * A host asks another replica when its own is slow; frames this small are answered from its own
 * copies.
 */
const FRAME_OPS = 32;
const PATIENCE_MS = 30_000;
const PAUSE_MS = 50;
const TIMEOUT_MS = 10_000;

/** In the order of the keys. */
export async function readKeys(
  connection: NatsConnection,
  host: string,
  bucket: string,
  keys: readonly string[],
  r: string,
): Promise<KeyRead[]> {
  const reads: KeyRead[] = [];
  for (let first = 0; first < keys.length; first += FRAME_OPS) {
    const frame = keys.slice(first, first + FRAME_OPS);
    reads.push(...(await readFrame(connection, host, bucket, frame, r)));
  }

  return reads;
}

async function readFrame(
  connection: NatsConnection,
  host: string,
  bucket: string,
  keys: readonly string[],
  r: string,
): Promise<KeyRead[]> {
  const giveUp = AbortSignal.timeout(PATIENCE_MS);
  const reads = new Map<number, KeyRead>();
  for (let missing = [...keys.keys()]; ; ) {
    const ops = missing.map(no => getOp(no, bucket, keys[no] ?? '', {r, timeoutMs: TIMEOUT_MS}));
    for (const [no, code, text, values] of await operate(connection, host, ops)) {
      reads.set(no, {code, text, values: values.map(value => Buffer.from(value).toString())});
    }

    missing = missing.filter(no => !isAnswer(reads.get(no)?.code));
    if (missing.length === 0 || giveUp.aborted) {
      return keys.map((_, no) => reads.get(no) ?? {code: 0, text: 'no answer', values: []});
    }

    await sleep(PAUSE_MS);
  }
}

export function isAnswer(code: number | undefined): boolean {
  return code === Code.ok || code === Code.notFound;
}
