import type {StoredObject} from '../../src/causality/object.js';
import type {VersionVector} from '../../src/causality/version-vector.js';
import type {Code} from '../../src/errors.js';
import type {Hash64} from '../../src/merkle/object-hash.js';
import type {Verb} from '../../src/subjects.js';
import type {BucketRules} from '../../src/topology/rules.js';

/**
 * A client's request, validated at the edge, admitted to an owner of its partition, or to a
 * stand-in when no owner is there.
 */
export type Request = {
  readonly verb: Verb;
  readonly partition: number;
  /** Canonical `bucket.key`. */
  readonly name: string;
  readonly rules: BucketRules;
  /** Replicas of the bucket: the first `n` of the partition's owners. */
  readonly n: number;
  readonly r: number;
  readonly w: number;
  /** Whether stand-ins may be counted in place of owners. */
  readonly isSloppy: boolean;
  /**
   * Of a get: whether so many owners have to hold what it shows that no later one can miss it.
   */
  readonly isMonotonic: boolean;
  /** What the client has seen; null when it did not say. */
  readonly context: {readonly vector: VersionVector; readonly hlc: number} | null;
  /** Of a put. */
  readonly value: Uint8Array;
  readonly deflated: boolean;
  /** Hashed Nats-Msg-Id, '' without one. */
  readonly id: string;
  /** By the monotonic clock. */
  readonly deadlineMs: number;
  /** Called exactly once. Must not throw. */
  readonly answer: (answer: Answer) => void;
};

/**
 * strict: only owners were counted, and R + W > N. weak: R + W <= N, so reads and writes need not
 * meet. sloppy: a stand-in was counted.
 */
export type Outcome = 'strict' | 'weak' | 'sloppy';

export type Answer = {
  readonly code: Code;
  /** Empty on success, otherwise what was wrong and what to do. */
  readonly text: string;
  /** The key's object as read or as written; null when there is none to show. */
  readonly object: StoredObject | null;
  /** Slots that did the work, of those that hold the key. */
  readonly acks: number;
  readonly slots: number;
  readonly outcome: Outcome;
};

/** What one replica said to one numbered question. */
export type Reply = {
  readonly no: number;
  readonly slot: string;
  /** `Code.ok`, or why not. */
  readonly code: number;
  readonly text: string;
  /** Of a read: the replica's object, null when it has none. */
  readonly object: StoredObject | null;
  /**
   * Of a digest read: the hash of the replica's object, or `NO_HASH` when it has none; the object
   * itself stays there. null otherwise.
   */
  readonly digest: Hash64 | null;
  /** The replica cannot be asked any more: whether it did the work is unknown. */
  readonly lost: boolean;
};

/** What waits in the coordinator's mailbox. */
export type CoordinatorMail = Request | Reply;

export type CoordinatorEvent = {type: 'coordinator.mail'} | {type: 'coordinator.drain'};

export type CoordinatorInput = {readonly tickMs: number};
export type CoordinatorContext = CoordinatorInput;
