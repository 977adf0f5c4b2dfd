/** Objects as vnodes make them, for tests that need some to pass around. */
import {applyWrite} from '../../src/causality/write.js';
import type {StoredObject} from '../../src/causality/object.js';
import {EMPTY_VECTOR} from '../../src/causality/version-vector.js';
import {hold, type Held} from '../../src/store/held.js';

export type WriteOf = {
  readonly incarnation?: string;
  readonly counter?: number;
  readonly hlc?: number;
  readonly id?: string;
  readonly tombstone?: boolean;
  readonly onto?: StoredObject;
  /** Becomes a sibling of what `onto` holds. */
  readonly blind?: boolean;
};

export function objectOf(value: string | Uint8Array, write: WriteOf = {}): StoredObject {
  const {incarnation = 'peer', counter = 1, hlc = counter, id = '', tombstone = false} = write;
  return applyWrite(
    write.onto,
    {
      cover: write.blind === true ? EMPTY_VECTOR : 'everything',
      coverHlc: 0,
      id,
      tombstone,
      deflated: false,
      value: tombstone ? new Uint8Array() : Buffer.from(value),
    },
    {dot: {incarnation, counter}, hlc},
  );
}

export function heldOf(name: string, value: string, write: WriteOf = {}): Held {
  return hold(name, objectOf(value, write));
}

/** The values of all siblings, tombstones as null, in the order of their dots. */
export function valuesOf(object: StoredObject | null | undefined): Array<string | null> {
  return (object?.siblings ?? []).map(({tombstone, value}) =>
    tombstone ? null : Buffer.from(value).toString(),
  );
}
