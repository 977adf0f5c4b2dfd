import type {VersionVector} from '../../src/causality/version-vector.js';
import type {WriteIntent} from '../../src/causality/write.js';
import type {Rejection} from '../../src/errors.js';
import type {Hash64} from '../../src/merkle/object-hash.js';
import type {BucketRules} from '../../src/topology/rules.js';
import type {Held} from '../../src/store/held.js';
import type {Identity} from '../../src/store/identity.js';
import type {PurgeAnswer, PurgeStep} from './decide-purge.js';
import type {RetireAnswer, RetireStep} from './decide-retire.js';

/**
 * Every operation ends by exactly one `done`, unless its vnode crashes: then by the coordinator's
 * deadline.
 */
export type VnodeOperation = ReadOperation | MergeOperation | CoordinateOperation | PurgeOperation;

/** Answers with what is durable: null when the key has no object. */
export type ReadOperation = {
  readonly kind: 'read';
  readonly name: string;
  readonly done: (answer: Held | null | Rejection) => void;
};

/**
 * Takes in another owner's object, as it was encoded there. Done (null) once the result is durable
 * here.
 */
export type MergeOperation = {
  readonly kind: 'merge';
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly done: (rejection: Rejection | null) => void;
};

/**
 * Stamps a client's write. `decided` hands out the resulting object at once, for the other owners;
 * `done` tells when it is durable here. A retry of a known write hands out what is held. Past its
 * deadline (by the monotonic clock) nothing is stamped any more: its client has tried again since,
 * perhaps elsewhere, and what it wrote there may have been deleted, and forgotten.
 */
export type CoordinateOperation = {
  readonly kind: 'coordinate';
  readonly name: string;
  readonly intent: WriteIntent;
  readonly rules: BucketRules;
  readonly deadlineMs: number;
  readonly decided: (held: Held) => void;
  readonly done: (rejection: Rejection | null) => void;
};

/**
 * A step of the purge, for an object with this hash, or for these entries of its vector. Done once
 * what it says is durable here.
 */
export type PurgeOperation = {
  readonly kind: 'purge';
  readonly step: PurgeStep | RetireStep;
  readonly name: string;
  readonly hash: Hash64;
  readonly entries: VersionVector;
  readonly done: (answer: PurgeAnswer | RetireAnswer | Rejection) => void;
};

/**
 * All a vnode can be told. Operations are no events: they come through its mailbox, which it opens
 * while it joins or serves.
 */
export type VnodeEvent =
  | {type: 'vnode.settled'}
  | {type: 'vnode.restored'; identity: Identity | null}
  | {type: 'vnode.identified'}
  | {type: 'vnode.unidentified'; cause: unknown}
  /** Repair has proven it equal with all other owners since it began to join. */
  | {type: 'vnode.proven'}
  /** That is durable. */
  | {type: 'vnode.proved'}
  | {type: 'vnode.commitFailed'}
  | {type: 'vnode.amnesia'}
  | {type: 'vnode.failed'; cause: unknown};

export type VnodeInput = {
  readonly partition: number;
  /** False when the store cannot vouch that this vnode's own copies cover every dot it let out. */
  readonly mayContinue: boolean;
};

/** `identity` is what was found on disk; null asks for a new one. */
export type VnodeContext = VnodeInput & {identity: Identity | null; isProven: boolean};

/**
 * closed: takes nothing. joining: takes merges alone, and refuses the rest. serving: takes all.
 */
export type VnodePhase = 'closed' | 'joining' | 'serving';
