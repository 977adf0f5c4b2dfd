import type {WriteIntent} from '../../src/causality/write.js';
import type {Rejection} from '../../src/errors.js';
import type {Held} from '../../src/store/held.js';
import type {BucketRules} from '../../src/topology/rules.js';

/** Every operation ends by exactly one `done`, unless the actor crashes: then by a deadline. */
export type HintOperation = KeepOperation | ReadKeptOperation | StandInOperation;

/** Keeps an object for owners that could not take it. Done (null) once it is durable here. */
export type KeepOperation = {
  readonly kind: 'keep';
  readonly partition: number;
  /** The partition's. */
  readonly epoch: number;
  readonly name: string;
  /** The ids of the owners that could not take it. */
  readonly targets: readonly string[];
  /** The object, encoded. */
  readonly bytes: Uint8Array;
  readonly done: (rejection: Rejection | null) => void;
};

/** Answers with what is durably kept for the key: null when nothing is. */
export type ReadKeptOperation = {
  readonly kind: 'readKept';
  readonly partition: number;
  readonly name: string;
  readonly done: (answer: Held | null | Rejection) => void;
};

/**
 * Stamps a client's write in the owners' stead, as an incarnation of the stand-in's own. `decided`
 * hands out the resulting object at once; `done` tells when it is durable here. A retry of a write
 * that is kept hands out what is kept.
 */
export type StandInOperation = {
  readonly kind: 'standIn';
  readonly partition: number;
  /** The partition's. */
  readonly epoch: number;
  readonly name: string;
  /** The ids of all owners of the key. */
  readonly targets: readonly string[];
  readonly intent: WriteIntent;
  readonly rules: BucketRules;
  readonly decided: (held: Held) => void;
  readonly done: (rejection: Rejection | null) => void;
};

export interface HintDesk {
  /** null once the operation is in the mailbox; else why not, and `done` is not called. */
  post(operation: HintOperation): Rejection | null;
}

/**
 * All that hints can be told. Operations are no events: they come through the mailbox, which is
 * open while hints are kept.
 */
export type HintsEvent =
  | {type: 'hints.settled'}
  | {type: 'hints.loaded'}
  | {type: 'hints.unread'; cause: unknown}
  | {type: 'hints.commitFailed'}
  | {type: 'hints.failed'; cause: unknown}
  | {type: 'hints.close'};

export type HintsInput = {
  /** How often the age of the oldest hint is looked at. */
  readonly checkEveryMs: number;
};

export type HintsContext = HintsInput;
