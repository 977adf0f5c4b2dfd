/** What a cluster holds, host by host: to show that bad input changed nothing. */
import {Packr} from 'msgpackr';
import type {TestCluster} from '../helpers/cluster.js';
import {PATIENCE_MS, type RawClient} from './raw-client.js';

const packr = new Packr({useRecords: false});

const PATIENCE = String(PATIENCE_MS);

export type Bed = {readonly cluster: TestCluster; readonly client: RawClient};

type Result = readonly [no: number, code: number, text: string, ...unknown[]];

/**
 * One operation as a client in any language would frame it; answers `[no, code, text, values,
 * context, ...]`.
 */
export async function askHost(
  client: RawClient,
  host: string,
  ops: readonly unknown[],
): Promise<readonly Result[]> {
  const {payload} = await client.request(`quorate.c.${host}`, packr.pack([1, 'ops', ops]));
  const [, , results] = packr.unpack(payload) as [number, string, readonly Result[]];
  return results;
}

/** Values and contexts of all names, as each host by itself knows them. */
export async function contentsOf({cluster, client}: Bed, names: readonly string[]) {
  const contents: Record<string, unknown> = {};
  for (const {id} of cluster.hosts) {
    for (const name of names) {
      const [bucket = '', ...key] = name.split('.');
      const get = [1, 'get', bucket, key.join('.'), null, ['1', '', '', PATIENCE, '']];
      contents[`${id} ${name}`] = await askHost(client, id, [get]);
    }
  }

  return contents;
}

/** Writes keys on all owners and tells their names. */
export async function fill({client}: Bed, count = 20): Promise<string[]> {
  const names = Array.from({length: count}, (_, index) => `kept.k${index}`);
  for (const name of names) {
    await client.put(name, `value of ${name}`, {'Quorate-W': 'all'});
  }

  return names;
}

/** Of one counter, over all hosts. */
export function counted({cluster}: Pick<Bed, 'cluster'>, ...names: readonly string[]): number {
  return cluster.hosts
    .flatMap(({running}) => names.map(name => running.counters.get(name)))
    .reduce((sum, count) => sum + count, 0);
}

/** Every host still does its work, and none has had to restart an actor. */
export async function health({cluster, client}: Bed): Promise<string[]> {
  const problems: string[] = [];
  for (const {id, events} of cluster.hosts) {
    problems.push(...events.filter(event => /^(?:crash|failed)/.test(event)));
    const put = [1, 'put', 'health', 'k', Buffer.from(id), ['', 'all', '', PATIENCE, '']];
    const get = [2, 'get', 'health', 'k', null, ['all', '', '', PATIENCE, '']];
    for (const op of [put, get]) {
      const [[, code, text] = [0, 0, 'no answer']] = await askHost(client, id, [op]);
      problems.push(...(code === 200 ? [] : [`${id}: ${code} ${text}`]));
    }
  }

  return problems;
}
