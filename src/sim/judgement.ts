/** What only the end of a run can show, once faults are over and all keys have been read. */
import {mergeObjects} from '../causality/merge.js';
import type {StoredObject} from '../causality/object.js';
import {isDeleted} from '../causality/siblings.js';
import {spentEntries} from '../causality/spent.js';
import {checkAnswers} from './checkers/answers.js';
import {checkConvergence, type Replicas} from './checkers/convergence.js';
import {checkReturned} from './checkers/deletes.js';
import {checkLeftovers} from './checkers/leftovers.js';
import {named} from './checkers/named.js';
import {checkMerkle} from './checkers/merkle.js';
import {checkNotApplied} from './checkers/outcomes.js';
import {checkVanished} from './checkers/supersession.js';
import {copiesOf} from '../topology/lookup.js';
import type {SimCluster} from './cluster.js';
import type {History, Operation} from './history.js';
import {readObjects, readTrees} from './records.js';

export function judgeTheEnd(cluster: SimCluster, history: History, calmSinceMs: number): string[] {
  const {witness, hosts} = cluster;
  const {operations, attempts} = history;
  const replicas = replicasIn(cluster, history, {withMarked: true});
  const byName = new Map(replicas.map(({name, objects}) => [name, objects]));
  const merged = (name: string) => mergeAll([...(byName.get(name)?.values() ?? [])]);
  const mayBeLost = (operation: Operation) => witness.losses.copies.mayBeLost(operation);
  return [
    ...named('answers', checkAnswers(attempts, calmSinceMs)),
    ...named('outcomes', checkNotApplied(operations, witness.ledger)),
    ...named('vanished', checkVanished(operations, witness.ledger, merged, mayBeLost)),
    ...named('deletes', checkReturned(witness.judge.burials, merged, mayBeLost)),
    ...named('convergence', checkConvergence(replicasIn(cluster, history))),
    ...named('leftovers', checkLeftovers(replicas.filter(({name}) => witness.isLww(name)))),
    ...hosts.flatMap(({id, disk}) => {
      const entries = disk.entries();
      const copies = (name: string) => copiesOf(cluster.topology, name);
      const [objects, trees] = [readObjects(entries), readTrees(entries)];
      return named('merkle', checkMerkle(id, objects, trees, copies));
    }),
  ];
}

/** Whether all replicas of all keys hold the same. */
export function areEqual(cluster: SimCluster, history: History): boolean {
  return checkConvergence(replicasIn(cluster, history)).length === 0;
}

/** Keys of which some owner holds nothing but tombstones. */
export function deletedKeys(cluster: SimCluster, history: History): string[] {
  return replicasIn(cluster, history, {withMarked: true})
    .filter(({objects}) =>
      [...objects.values()].some(object => object !== null && isDeleted(object)),
    )
    .map(({name}) => name);
}

/** Keys whose vectors have entries on some disk that should have been retired. */
export function crowdedKeys(cluster: SimCluster, history: History, spentPerCopy: number): string[] {
  const isCrowded = (name: string, object: StoredObject | null) =>
    object !== null &&
    !isDeleted(object) &&
    spentEntries(object).length > copiesOf(cluster.topology, name) * spentPerCopy;
  return replicasIn(cluster, history, {withMarked: true})
    .filter(({name, objects}) => [...objects.values()].some(object => isCrowded(name, object)))
    .map(({name}) => name);
}

/** What is marked to go is as good as gone: its owners let go of it one after the other. */
function replicasIn(
  {witness: {holdings}}: SimCluster,
  {operations}: History,
  {withMarked}: {readonly withMarked: boolean} = {withMarked: false},
): Replicas[] {
  return [...new Set(operations.map(({name}) => name))].map(name => {
    const held = holdings.replicasOf(name).map(host => {
      const isLeftOut = !withMarked && holdings.isMarked(host, name);
      return [host, isLeftOut ? null : holdings.durable(host, name)] as const;
    });
    return {name, objects: new Map(held)};
  });
}

function mergeAll(objects: ReadonlyArray<StoredObject | null>): StoredObject | null {
  return objects.reduce((a, b) => (a === null || b === null ? (a ?? b) : mergeObjects(a, b)), null);
}
