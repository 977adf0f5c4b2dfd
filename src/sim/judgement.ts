/** What only the end of a run can show, once faults are over and all keys have been read. */
import {mergeObjects} from '../causality/merge.js';
import type {StoredObject} from '../causality/object.js';
import {checkAnswers} from './checkers/answers.js';
import {checkConvergence} from './checkers/convergence.js';
import {checkMerkle} from './checkers/merkle.js';
import {checkNotApplied} from './checkers/outcomes.js';
import {checkVanished} from './checkers/supersession.js';
import type {SimCluster} from './cluster.js';
import type {History} from './history.js';
import {readObjects, readTrees} from './records.js';

export function judgeTheEnd(cluster: SimCluster, history: History, calmSinceMs: number): string[] {
  const {witness, hosts} = cluster;
  const {operations, attempts} = history;
  const names = [...new Set(operations.map(({name}) => name))];
  const objectsOf = (name: string) => {
    const replicas = witness.replicasOf(name);
    return new Map(replicas.map(host => [host, witness.durable(host, name)]));
  };
  const merged = (name: string) => mergeAll([...objectsOf(name).values()]);
  return [
    ...checkAnswers(attempts, calmSinceMs),
    ...checkNotApplied(operations, witness.ledger),
    ...checkVanished(operations, witness.ledger, merged),
    ...checkConvergence(names.map(name => ({name, objects: objectsOf(name)}))),
    ...hosts.flatMap(({id, disk}) =>
      checkMerkle(id, readObjects(disk.durable()), readTrees(disk.durable()), name =>
        witness.copiesOf(name),
      ),
    ),
  ];
}

function mergeAll(objects: ReadonlyArray<StoredObject | null>): StoredObject | null {
  return objects.reduce((a, b) => (a === null || b === null ? (a ?? b) : mergeObjects(a, b)), null);
}
