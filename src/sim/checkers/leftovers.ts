/**
 * Where the last writer wins, a write leaves nothing beside it: what nobody is shown would pile up.
 * For replicas that are equal, after a write that all of them acknowledged.
 */
import type {Replicas} from './convergence.js';

export function checkLeftovers(keys: readonly Replicas[]): string[] {
  return keys.flatMap(({name, objects}) => {
    const most = Math.max(0, ...[...objects.values()].map(object => object?.siblings.length ?? 0));
    return most > 1 ? [`${name} still holds ${most} siblings, and shows one`] : [];
  });
}
