/**
 * Stored objects as bytes, on disk and between hosts:
 *
 *   [version, vector, [[dots, hlc, id, flags, value], ...], [id, hlc, ...]]
 *
 * Invariants:
 *   1. Canonical: equal objects have equal bytes.
 *   2. Whatever the bytes are, decoding gives an object that keeps the invariants 1, 3 and 4 of
 *      object.ts, or throws MalformedObject.
 */
import {compareDots} from '../causality/dot.js';
import type {Dot} from '../causality/dot.js';
import type {RetiredId, Sibling, StoredObject} from '../causality/object.js';
import {covers} from '../causality/version-vector.js';
import type {VersionVector} from '../causality/version-vector.js';
import {flattenDots, parseDots, parseVector} from './flat-dots.js';
import {pack, unpack} from './pack.js';

/** The bytes are no stored object of this version. */
export class MalformedObject extends Error {
  override readonly name = 'MalformedObject';
  readonly code = 'MALFORMED_OBJECT';
}

export const OBJECT_VERSION = 1;

/**
 * Far above what coordinators let grow (100), so that only hostile input meets it; merging costs
 * its square.
 */
export const SIBLINGS_MAX = 4096;

const ID_CHARACTERS_MAX = 64;
const TOMBSTONE = 1;
const DEFLATED = 2;
const FLAGS: readonly number[] = [0, TOMBSTONE, DEFLATED, TOMBSTONE | DEFLATED];

/** The bytes may share a larger buffer with others. Throws RangeError past `SIBLINGS_MAX`. */
export function encodeObject(object: StoredObject): Uint8Array {
  const {vector, siblings, retired} = object;
  if (siblings.length > SIBLINGS_MAX) {
    throw new RangeError(`${siblings.length} siblings, at most ${SIBLINGS_MAX} can be stored`);
  }

  return pack([
    OBJECT_VERSION,
    flattenDots(vector),
    siblings.map(flattenSibling),
    retired.flatMap(({id, hlc}) => [id, hlc]),
  ]);
}

/** Values are views into `bytes`. Throws MalformedObject. */
export function decodeObject(bytes: Uint8Array): StoredObject {
  const [version, flatVector, flatSiblings, flatRetired] = arrayOf(unpack(bytes), 4, 'object');
  if (version !== OBJECT_VERSION) {
    throw new MalformedObject(`object version ${String(version)}, expected ${OBJECT_VERSION}`);
  }

  const vector = parseVector(flatVector);
  if (vector === null) {
    throw new MalformedObject('the version vector is malformed');
  }

  const siblings = siblingsOf(flatSiblings);
  for (const sibling of siblings) {
    checkCovered(sibling, vector);
  }

  return {vector, siblings, retired: retiredOf(flatRetired)};
}

function flattenSibling({dots, hlc, id, tombstone, deflated, value}: Sibling): unknown[] {
  return [
    flattenDots(dots),
    hlc,
    id,
    (tombstone ? TOMBSTONE : 0) | (deflated ? DEFLATED : 0),
    value,
  ];
}

function siblingsOf(flat: unknown): Sibling[] {
  if (!Array.isArray(flat) || flat.length > SIBLINGS_MAX) {
    throw new MalformedObject('the siblings are malformed');
  }

  const siblings = flat.map(siblingOf);
  if (siblings.length > 1) {
    checkDistinct(siblings);
  }

  return siblings;
}

function siblingOf(flat: unknown): Sibling {
  const [flatDots, hlc, id, flags, value] = arrayOf(flat, 5, 'sibling');
  const dots = parseDots(flatDots);
  if (dots === null || dots.length === 0 || !isHlc(hlc) || !isId(id) || !isFlags(flags)) {
    throw new MalformedObject('a sibling is malformed');
  }

  if (id === '' && dots.length > 1) {
    throw new MalformedObject('a sibling without an id has several dots');
  }

  const tombstone = (flags & TOMBSTONE) !== 0;
  if (!(value instanceof Uint8Array) || (tombstone && value.length > 0)) {
    throw new MalformedObject('the value of a sibling is malformed');
  }

  return {dots, hlc, id, tombstone, deflated: (flags & DEFLATED) !== 0, value};
}

function checkCovered(sibling: Sibling, vector: VersionVector): void {
  if (!sibling.dots.every(dot => covers(vector, dot))) {
    throw new MalformedObject('the version vector does not cover a sibling');
  }
}

function checkDistinct(siblings: readonly Sibling[]): void {
  const names = new Set<string>();
  let previous: Dot | undefined;
  for (const {dots, id} of siblings) {
    const first = dots[0]!;
    if (previous !== undefined && compareDots(previous, first) >= 0) {
      throw new MalformedObject('the siblings are not sorted');
    }

    previous = first;
    const ownNames = dots.map(({incarnation, counter}) => `${counter} ${incarnation}`);
    for (const name of id === '' ? ownNames : [...ownNames, id]) {
      if (names.has(name)) {
        throw new MalformedObject('two siblings are one write');
      }

      names.add(name);
    }
  }
}

function retiredOf(flat: unknown): RetiredId[] {
  if (!Array.isArray(flat) || flat.length % 2 !== 0) {
    throw new MalformedObject('the retired ids are malformed');
  }

  const retired: RetiredId[] = [];
  let previous = '';
  for (let i = 0; i < flat.length; i += 2) {
    const id: unknown = flat[i];
    const hlc: unknown = flat[i + 1];
    // The empty id is no id, and sorts before all.
    if (!isId(id) || id <= previous || !isHlc(hlc)) {
      throw new MalformedObject('a retired id is malformed');
    }

    previous = id;
    retired.push({id, hlc});
  }

  return retired;
}

function arrayOf(value: unknown, length: number, what: string): unknown[] {
  if (!Array.isArray(value) || value.length !== length) {
    throw new MalformedObject(`${what}: expected an array of ${length}`);
  }

  return value;
}

/** -0 is refused, since it equals 0 and has other bytes. */
function isHlc(value: unknown): value is number {
  return (
    typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && !Object.is(value, -0)
  );
}

function isId(value: unknown): value is string {
  return typeof value === 'string' && value.length <= ID_CHARACTERS_MAX;
}

function isFlags(value: unknown): value is number {
  return typeof value === 'number' && FLAGS.includes(value);
}
