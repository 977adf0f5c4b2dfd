/**
 * What a call of the client may say besides its key and value. What is not said is the bucket's
 * policy.
 */
import type {Outcome} from '../../actors/coordinator/coordinator.messages.js';
import type {QuorumSpec} from '../topology/policy.js';

/** A text is split at its dots into tokens; an array gives exact tokens, as text or as bytes. */
export type Key = string | ReadonlyArray<string | Uint8Array>;

export type CommonOptions = {
  /**
   * For the whole call, retries included. 1 to 60,000; default 5,000, or what `connect` was given.
   */
  readonly timeoutMs?: number | undefined;
};

export type GetOptions = CommonOptions & {
  /** Owners that have to answer. */
  readonly r?: QuorumSpec | undefined;
  /**
   * Whether what is shown is first made sure of on so many owners that no later get misses it, and
   * none goes back in time. Default: true in buckets with `quorum=strict` where R + W > n.
   */
  readonly monotonic?: boolean | undefined;
};

export type WriteOptions = CommonOptions & {
  /** Owners that have to hold the write durably. */
  readonly w?: QuorumSpec | undefined;
  /**
   * What the writer has seen: the write replaces that, and stands beside everything else. From a
   * get or an earlier write, or 'none' for nothing. Without one a put overwrites, and a delete
   * deletes, what is there.
   */
  readonly context?: string | undefined;
  /**
   * Makes a repeated call harmless for two minutes. Default: one of this call's own. Up to 256
   * characters.
   */
  readonly id?: string | undefined;
};

export type DeleteOptions = WriteOptions & {
  /** Without a context, a delete reads first: owners that have to answer that. */
  readonly r?: QuorumSpec | undefined;
};

export type {Outcome};
