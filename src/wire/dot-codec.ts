/** Version vectors, and dots beside a vector that covers them, as bytes. */
import {compareDots} from '../causality/dot.js';
import type {Dot} from '../causality/dot.js';
import type {VersionVector} from '../causality/version-vector.js';
import {MalformedBytes, type ByteReader, type ByteWriter} from './bytes.js';
import {Interner} from './interner.js';

const INCARNATION_CHARACTERS_MAX = 64;

const incarnations = new Interner();

export function writeVector(writer: ByteWriter, vector: VersionVector): void {
  writer.integer(vector.length);
  for (const {incarnation, counter} of vector) {
    writer.text(incarnation);
    writer.integer(counter);
  }
}

export function readVector(reader: ByteReader): VersionVector {
  const length = reader.integer();
  const vector: Dot[] = [];
  let previous = '';
  for (let i = 0; i < length; i += 1) {
    const incarnation = reader.text(INCARNATION_CHARACTERS_MAX, incarnations);
    // The empty text is no incarnation, and sorts before all.
    if (incarnation <= previous) {
      throw new MalformedBytes('the version vector is not sorted');
    }

    previous = incarnation;
    vector.push({incarnation, counter: counterOf(reader)});
  }

  return vector;
}

/**
 * Each dot as the place of its incarnation in the vector, and its counter. Throws RangeError for
 * one whose incarnation is not there.
 */
export function writeDots(writer: ByteWriter, dots: readonly Dot[], vector: VersionVector): void {
  writer.integer(dots.length);
  for (const {incarnation, counter} of dots) {
    writer.integer(vector.findIndex(entry => entry.incarnation === incarnation));
    writer.integer(counter);
  }
}

/** Sorted, distinct, and covered by the vector. */
export function readDots(reader: ByteReader, vector: VersionVector): Dot[] {
  const length = reader.integer();
  const dots: Dot[] = [];
  for (let i = 0; i < length; i += 1) {
    const entry = vector[reader.integer()];
    const counter = counterOf(reader);
    if (entry === undefined || counter > entry.counter) {
      throw new MalformedBytes('the version vector does not cover a dot');
    }

    const dot = counter === entry.counter ? entry : {incarnation: entry.incarnation, counter};
    if (i > 0 && compareDots(dots[i - 1]!, dot) >= 0) {
      throw new MalformedBytes('the dots are not sorted');
    }

    dots.push(dot);
  }

  return dots;
}

function counterOf(reader: ByteReader): number {
  const counter = reader.integer();
  if (counter === 0) {
    throw new MalformedBytes('a counter is 0');
  }

  return counter;
}
