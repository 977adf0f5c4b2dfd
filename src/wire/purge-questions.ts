/**
 * What hosts ask each other before anything that was deleted is forgotten (actors/purge/): the
 * bodies of `ask` and `told` items (host-items.ts).
 *
 * Invariant: whatever the bytes are, decoding gives values in their ranges, or null.
 */
import type {Hash64} from '../merkle/object-hash.js';
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
const STEPS = ['check', 'mark', 'remove'] as const;
const ANSWERS = ['gone', 'equal', 'marked', 'differs'] as const;

export type StepAsked = {
  readonly step: (typeof STEPS)[number];
  readonly objects: ReadonlyArray<{readonly name: string; readonly hash: Hash64}>;
};
export type StepAnswer = (typeof ANSWERS)[number];
export type KeptTold = {
  /** Another one once anything was kept since, or the host was started anew. */
  readonly stamp: string;
  /** Of those that were asked for: partitions for whose owners something is kept. */
  readonly partitions: readonly number[];
};

export const STEP_OBJECTS_MAX = 128;
export const KEPT_PARTITIONS_MAX = 0x1_0000;

export function encodeStepAsked({step, objects}: StepAsked): Uint8Array {
  const names = objects.map(({name}) => name);
  return pack([STEPS.indexOf(step), names, packHashes(objects.map(({hash}) => hash))]);
}

export function decodeStepAsked(body: Uint8Array): StepAsked | null {
  const [stepNo, names, bytes] = list(body);
  const step = typeof stepNo === 'number' ? STEPS[stepNo] : undefined;
  if (step === undefined || !Array.isArray(names) || !(bytes instanceof Uint8Array)) {
    return null;
  }

  const areNames = names.length <= STEP_OBJECTS_MAX && names.every(one => typeof one === 'string');
  const hashes = areNames ? unpackHashes(bytes, names.length) : null;
  return hashes === null
    ? null
    : {step, objects: hashes.map((hash, at) => ({name: names[at] as string, hash}))};
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

/** What objects with such names take in a question. */
export function stepBytes(names: readonly string[]): number {
  return names.reduce((sum, name) => sum + 3 * name.length + HASH_BYTES + 5, 0);
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
