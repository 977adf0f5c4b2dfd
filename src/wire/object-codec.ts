/**
 * Stored objects as bytes, on disk and between hosts (`bytes.ts` has the parts):
 *
 *   object    = version vector count sibling... {binary retired}
 *   vector    = count {text incarnation, integer counter}...
 *   sibling   = flags hlc {text id} count dot... {binary value}
 *   dot       = {integer place in the vector} {integer counter}
 *   retired   = as id-list.ts packs it
 *
 * Another version says that the object is marked: all owners have agreed that it may go (the purge,
 * actors/purge/). A mark is a replica's own: on the wire it says nothing.
 *
 * Invariants:
 *   1. Canonical: equal objects have equal bytes, but for the mark.
 *   2. Whatever the bytes are, decoding gives an object that keeps the invariants 1, 3 and 4 of
 *      object.ts, or throws MalformedBytes.
 */
import {compareDots} from '../causality/dot.js';
import type {Dot} from '../causality/dot.js';
import {ID_CHARACTERS_MAX, isIdList} from '../causality/id-list.js';
import type {Sibling, StoredObject} from '../causality/object.js';
import type {VersionVector} from '../causality/version-vector.js';
import {ByteReader, ByteWriter, MalformedBytes} from './bytes.js';
import {readDots, readVector, writeDots, writeVector} from './dot-codec.js';

export const OBJECT_VERSION = 2;
const MARKED_VERSION = 3;

/**
 * Far above what coordinators let grow (100), so that only hostile input meets it; merging costs
 * its square.
 */
export const SIBLINGS_MAX = 4096;

const TOMBSTONE = 1;
const DEFLATED = 2;

const writer = new ByteWriter();

/**
 * The bytes may share a larger buffer with others. Throws RangeError past `SIBLINGS_MAX`, and for a
 * dot whose incarnation the vector does not have.
 */
export function encodeObject({vector, siblings, retired}: StoredObject): Uint8Array {
  if (siblings.length > SIBLINGS_MAX) {
    throw new RangeError(`${siblings.length} siblings, at most ${SIBLINGS_MAX} can be stored`);
  }

  writer.clear();
  writer.integer(OBJECT_VERSION);
  writeVector(writer, vector);
  writer.integer(siblings.length);
  for (const {dots, hlc, id, tombstone, deflated, value} of siblings) {
    writer.integer((tombstone ? TOMBSTONE : 0) | (deflated ? DEFLATED : 0));
    writer.integer(hlc);
    writer.text(id);
    writeDots(writer, dots, vector);
    writer.binary(value);
  }

  writer.binary(retired);
  return writer.copy();
}

/** Values and the list of retired ids are views into `bytes`. Throws MalformedBytes. */
export function decodeObject(bytes: Uint8Array): StoredObject {
  const reader = new ByteReader(bytes);
  const version = reader.integer();
  if (version !== OBJECT_VERSION && version !== MARKED_VERSION) {
    throw new MalformedBytes(`object version ${version}, expected ${OBJECT_VERSION}`);
  }

  const vector = readVector(reader);
  const siblings = readSiblings(reader, vector);
  const retired = reader.binary();
  reader.end();
  if (!isIdList(retired)) {
    throw new MalformedBytes('the retired ids are malformed');
  }

  return {vector, siblings, retired};
}

/** Of an object's bytes. */
export function isMarked(bytes: Uint8Array): boolean {
  return bytes[0] === MARKED_VERSION;
}

/** The same object with or without a mark; the bytes themselves where that is what they are. */
export function withMark(bytes: Uint8Array, marked: boolean): Uint8Array {
  if (isMarked(bytes) === marked) {
    return bytes;
  }

  const copy = Uint8Array.from(bytes);
  copy[0] = marked ? MARKED_VERSION : OBJECT_VERSION;
  return copy;
}

function readSiblings(reader: ByteReader, vector: VersionVector): Sibling[] {
  const length = reader.integer(SIBLINGS_MAX);
  const siblings: Sibling[] = [];
  for (let i = 0; i < length; i += 1) {
    siblings.push(readSibling(reader, vector));
  }

  if (length > 1) {
    checkDistinct(siblings);
  }

  return siblings;
}

function readSibling(reader: ByteReader, vector: VersionVector): Sibling {
  const flags = reader.integer(TOMBSTONE | DEFLATED);
  const hlc = reader.integer();
  const id = reader.text(ID_CHARACTERS_MAX);
  const dots = readDots(reader, vector);
  const value = reader.binary();
  const tombstone = (flags & TOMBSTONE) !== 0;
  if (dots.length === 0 || (dots.length > 1 && id === '')) {
    throw new MalformedBytes('a sibling has no dot, or several without an id');
  }

  if (tombstone && value.length > 0) {
    throw new MalformedBytes('a tombstone has a value');
  }

  return {dots, hlc, id, tombstone, deflated: (flags & DEFLATED) !== 0, value};
}

function checkDistinct(siblings: readonly Sibling[]): void {
  const names = new Set<string>();
  let previous: Dot | undefined;
  for (const {dots, id} of siblings) {
    const first = dots[0]!;
    if (previous !== undefined && compareDots(previous, first) >= 0) {
      throw new MalformedBytes('the siblings are not sorted');
    }

    previous = first;
    const ownNames = dots.map(({incarnation, counter}) => `${counter} ${incarnation}`);
    for (const name of id === '' ? ownNames : [...ownNames, id]) {
      if (names.has(name)) {
        throw new MalformedBytes('two siblings are one write');
      }

      names.add(name);
    }
  }
}
