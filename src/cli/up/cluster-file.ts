/** TEMP */
import {readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import type {UpOptions} from './options.js';
import {UpProblem} from './problem.js';

export type Cluster = {
  readonly path: string;
  readonly name: string;
  readonly root: string;
  readonly hosts: readonly string[];
  readonly partitions: number;
  readonly n: number;
  store(): void;
};

export function openCluster(dataDir: string, o: UpOptions): Cluster {
  const path = join(dataDir, 'cluster.json');
  let doc: {hosts: string[]; partitions: number; n: number};
  try {
    doc = JSON.parse(readFileSync(path, 'utf8'));
    if (o.n !== undefined && o.n !== doc.n) throw new UpProblem(78, `--n ${o.n} contradicts`);
  } catch (e) {
    if (e instanceof UpProblem) throw e;
    doc = {
      hosts: Array.from({length: o.hosts ?? 3}, (_, i) => `h${i + 1}`),
      partitions: o.partitions ?? 67,
      n: o.n ?? 3,
    };
  }
  return {
    path,
    name: 'quorate',
    root: 'quorate',
    ...doc,
    store() {
      writeFileSync(path, JSON.stringify(doc));
    },
  };
}
