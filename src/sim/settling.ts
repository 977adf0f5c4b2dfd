/** What clients do once faults are over, so that the end of a run can be judged. */
import type {SimClient, Wish} from './client.js';
import type {SimCluster} from './cluster.js';
import {describe, type History, type Operation} from './history.js';
import type {Told} from './reply.js';

export type Settling = {
  readonly cluster: SimCluster;
  readonly history: History;
  readonly client: SimClient;
  readonly blame: (violation: string) => void;
};

/** Not all at once: more than fits would be turned down. */
const ASK_EVERY_MS = 2;
const ANSWERS_MS_MAX = 5_000;

/** Reads every key from all its replicas, which repairs whoever was found to hold less. */
export function readAll(settling: Settling): void {
  const names = namesOf(settling.history);
  askAll(settling, names, {verb: 'get', r: 'all', w: ''}, [200, 404]);
}

/**
 * One more write of each key of the buckets where the last writer wins: it covers all that is left
 * over, whatever it has seen.
 */
export function settleLww(settling: Settling): void {
  const names = namesOf(settling.history).filter(name => settling.cluster.witness.isLww(name));
  askAll(settling, names, {verb: 'put', r: '', w: 'all'}, [200]);
}

function namesOf({operations}: History): string[] {
  return [...new Set(operations.map(({name}) => name))];
}

function askAll(
  {cluster, client, blame}: Settling,
  names: readonly string[],
  {verb, r, w}: Pick<Wish, 'verb' | 'r' | 'w'>,
  codes: readonly number[],
): void {
  let left = names.length;
  const ended = (operation: Operation, told: Told | null) => {
    left -= 1;
    if (told === null || !codes.includes(told.code)) {
      const answer = `${told?.code ?? 'silence'} ${told?.text ?? ''}`;
      blame(`${describe(operation)} of all replicas, faults over: ${answer}`);
    }
  };
  for (const name of names) {
    const context = verb === 'put' ? 'none' : '';
    const via = 'broker';
    const wish = {client: client.id, verb, name, id: '', context, r, w};
    cluster.run(ASK_EVERY_MS);
    client.begin([{...wish, via, wantsAll: true, paddingBytes: 0}], ended);
  }

  if (!cluster.runUntil(() => left === 0, ANSWERS_MS_MAX)) {
    blame(`${left} requests of all replicas were not answered after the faults were over`);
  }
}
