/**
 * What hosts ask each other before anything is forgotten (actors/purge/): the bodies of `ask` and
 * `told` items (host-items.ts).
 *
 * Invariant: whatever the bytes are, decoding gives values in their ranges, or null.
 */
import type {VersionVector} from '../causality/version-vector.js';
import type {Hash64} from '../merkle/object-hash.js';
import {ByteReader, ByteWriter, MalformedBytes} from './bytes.js';
import {readVector, writeVector} from './dot-codec.js';
import {pack, unpack} from './pack.js';
import {HASH_BYTES, packHashes, unpackHashes} from './repair-questions.js';

export const PURGE_QUESTION = {
  /** A step for some objects of a partition. */
  step: 32,
  /** Answered once nothing that the host had under way when it was asked can reach anybody. */
  settle: 33,
  /** Whether anything is kept for owners of these partitions. */
  kept: 34,
} as const;

/** On the wire a step is its place in this list, and an answer its place in the next. */
const STEPS = ['check', 'mark', 'remove', 'spent', 'retire'] as const;
const ANSWERS = ['gone', 'equal', 'marked', 'differs', 'spent', 'retired'] as const;

/** What a step is about: an object to forget, or entries that objects of the key are to let go. */
export type StepObject = {
  readonly name: string;
  /** Says nothing where there are entries. */
  readonly hash: Hash64;
  /** Of its vector; empty for the steps that forget an object. */
  readonly entries: VersionVector;
};
export type StepAsked = {
  readonly step: (typeof STEPS)[number];
  readonly objects: readonly StepObject[];
};
export type StepAnswer = (typeof ANSWERS)[number];
export type KeptTold = {
  /** Another one once anything was kept since, or the host was started anew. */
  readonly stamp: string;
  /** Of those that were asked for: partitions for whose owners something is kept. */
  readonly partitions: readonly number[];
};

/** A text of 64 characters and a counter, with their lengths. */
const ENTRY_BYTES_MAX = 74;

const writer = new ByteWriter();

export const STEP_OBJECTS_MAX = 128;
/** More go another time. */
export const STEP_ENTRIES_MAX = 16;
export const KEPT_PARTITIONS_MAX = 0x1_0000;

export function encodeStepAsked({step, objects}: StepAsked): Uint8Array {
  const names = objects.map(({name}) => name);
  writer.clear();
  objects.forEach(({entries}) => writeVector(writer, entries));
  const hashes = packHashes(objects.map(({hash}) => hash));
  return pack([STEPS.indexOf(step), names, hashes, writer.copy()]);
}

export function decodeStepAsked(body: Uint8Array): StepAsked | null {
  const [stepNo, names, hashBytes, entryBytes] = list(body);
  const step = typeof stepNo === 'number' ? STEPS[stepNo] : undefined;
  const areBytes = hashBytes instanceof Uint8Array && entryBytes instanceof Uint8Array;
  if (step === undefined || !Array.isArray(names) || !areBytes) {
    return null;
  }

  const areNames = names.length <= STEP_OBJECTS_MAX && names.every(one => typeof one === 'string');
  const hashes = areNames ? unpackHashes(hashBytes, names.length) : null;
  const entries = areNames ? unpackEntries(entryBytes, names.length) : null;
  return hashes === null || entries === null
    ? null
    : {
        step,
        objects: names.map((name, at) => ({
          name: name as string,
          hash: hashes[at]!,
          entries: entries[at]!,
        })),
      };
}

export function encodeStepTold(answers: readonly StepAnswer[]): Uint8Array {
  return Uint8Array.from(answers, answer => ANSWERS.indexOf(answer));
}

export function decodeStepTold(body: Uint8Array, count: number): StepAnswer[] | null {
  const answers = Array.from(body, one => ANSWERS[one]);
  const isWhole = answers.length === count && !answers.includes(undefined);
  return isWhole ? (answers as StepAnswer[]) : null;
}

export function encodeKeptAsked(partitions: readonly number[]): Uint8Array {
  return pack(partitions);
}

export function decodeKeptAsked(body: Uint8Array): number[] | null {
  const partitions = list(body);
  return arePartitions(partitions) ? partitions : null;
}

export function encodeKeptTold({stamp, partitions}: KeptTold): Uint8Array {
  return pack([stamp, partitions]);
}

export function decodeKeptTold(body: Uint8Array): KeptTold | null {
  const [stamp, partitions] = list(body);
  return typeof stamp === 'string' && Array.isArray(partitions) && arePartitions(partitions)
    ? {stamp, partitions}
    : null;
}

/** What such objects take in a question, at most. */
export function stepBytes(objects: ReadonlyArray<Omit<StepObject, 'hash'>>): number {
  return objects.reduce(
    (sum, {name, entries}) =>
      sum + 3 * name.length + HASH_BYTES + 5 + entries.length * ENTRY_BYTES_MAX,
    0,
  );
}

/** Of each object in turn; null for anything else. */
function unpackEntries(bytes: Uint8Array, count: number): VersionVector[] | null {
  try {
    const reader = new ByteReader(bytes);
    const all = Array.from({length: count}, () => readVector(reader));
    reader.end();
    return all.every(({length}) => length <= STEP_ENTRIES_MAX) ? all : null;
  } catch (error) {
    if (error instanceof MalformedBytes) {
      return null;
    }

    throw error;
  }
}

function arePartitions(values: readonly unknown[]): values is number[] {
  return (
    values.length <= KEPT_PARTITIONS_MAX &&
    values.every(one => Number.isSafeInteger(one) && (one as number) >= 0)
  );
}

function list(body: Uint8Array): readonly unknown[] {
  const value = unpack(body);
  return Array.isArray(value) ? (value as unknown[]) : [];
}
