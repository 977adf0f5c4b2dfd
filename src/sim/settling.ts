/** What clients do once faults are over, so that the end of a run can be judged. */
import type {SimClient} from './client.js';
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

/**
 * One more write of each key of the buckets where the last writer wins: it covers all that is left
 * over, whatever it has seen.
 */
export function settleLww({cluster, history, client, blame}: Settling): void {
  const all = new Set(history.operations.map(({name}) => name));
  const names = [...all].filter(name => cluster.witness.isLww(name));
  let left = names.length;
  const ended = (operation: Operation, told: Told | null) => {
    left -= 1;
    if (told?.code !== 200) {
      const answer = `${told?.code ?? 'silence'} ${told?.text ?? ''}`;
      blame(`${describe(operation)} of all replicas, faults over: ${answer}`);
    }
  };
  for (const name of names) {
    const intent = {client: client.id, verb: 'put', name, id: '', context: 'none'} as const;
    const how = {via: 'broker', wantsAll: true, paddingBytes: 0} as const;
    cluster.run(ASK_EVERY_MS);
    client.begin([{...intent, ...how, r: '', w: 'all'}], ended);
  }

  if (!cluster.runUntil(() => left === 0, ANSWERS_MS_MAX)) {
    blame(`${left} writes to all replicas were not answered after the faults were over`);
  }
}
