/**
 * Puts one question to several hosts at once. A host that does not answer is a fact to show, not an
 * error.
 */
import type {Client} from '../client/client.js';
import {QuorateError} from '../client/errors.js';

/** Longer than a busy host takes, shorter than a person waits for one that is down. */
const PATIENCE_MS = 2_000;

export type HostAnswer = {
  readonly host: string;
  /** Undefined when there was no answer. */
  readonly answer: unknown;
  /** Why not; '' when there was one. */
  readonly problem: string;
};

export async function askHosts(
  client: Client,
  hosts: readonly string[],
  question: string,
  timeoutMs: number,
): Promise<HostAnswer[]> {
  return await Promise.all(
    hosts.map(async host => {
      try {
        const patience = {timeoutMs: Math.min(timeoutMs, PATIENCE_MS)};
        return {host, answer: await client.ask(host, question, null, patience), problem: ''};
      } catch (error) {
        if (error instanceof QuorateError) {
          return {host, answer: undefined, problem: error.message};
        }

        throw error;
      }
    }),
  );
}
