/** Once faults are over and every key was read with R=all, all replicas of a key are equal. */
import {sameWrites} from '../../causality/merge.js';
import type {StoredObject} from '../../causality/object.js';

export type Replicas = {
  readonly name: string;
  /** By owner; null where there is none. */
  readonly objects: ReadonlyMap<string, StoredObject | null>;
};

export function checkConvergence(keys: readonly Replicas[]): string[] {
  return keys.flatMap(({name, objects}) => {
    const [first, ...others] = [...objects];
    const different = others.filter(([, object]) => !isEqual(first?.[1] ?? null, object));
    return different.map(([host]) => `${name} differs between ${first?.[0]} and ${host}`);
  });
}

function isEqual(a: StoredObject | null, b: StoredObject | null): boolean {
  return a === null || b === null ? a === b : sameWrites(a, b);
}
