/**
 * Gate: the way into one partition on this host, as the partition's machine last decided it. The
 * hot path asks the gate, so that admission costs a comparison and not an event.
 *
 * Invariants:
 *   1. Nothing is admitted under another epoch of the partition than this host's (T19, T52).
 *   2. While the vnode joins, merges alone are admitted: what else it is asked is refused at once.
 *   3. Operations wait in the mailbox across a restart of the vnode; past its bound they are shed,
 *      and clients' writes past half of it.
 */
import {Code, reject, type Rejection} from '../../src/errors.js';
import type {Mailbox} from '../../src/mailbox.js';
import type {Forest} from '../../src/merkle/forest.js';
import {rejectJoining} from '../vnode/refusals.js';
import type {VnodeOperation, VnodePhase} from '../vnode/vnode.messages.js';

export class Gate {
  /**
   * Requests are taken: the vnode serves. Set by the partition's machine alone, as are all here.
   */
  admits = false;
  /** Merges alone are taken. */
  isJoining = false;
  /** Counts the times that a vnode began to join: what was proven before then proves nothing. */
  joinings = 0;
  /** What the vnode holds, while it is open. */
  trees: Forest | null = null;

  constructor(
    readonly partition: number,
    readonly epoch: number,
    /** Host ids in order of preference. */
    readonly owners: readonly string[],
    readonly mailbox: Mailbox<VnodeOperation>,
  ) {}

  set(phase: VnodePhase, trees: Forest | null): void {
    this.admits = phase === 'serving';
    this.isJoining = phase === 'joining';
    this.joinings += this.isJoining ? 1 : 0;
    this.trees = trees;
  }

  /** null once the operation is in the mailbox. */
  post(operation: VnodeOperation, partitionEpoch: number): Rejection | null {
    if (partitionEpoch !== this.epoch) {
      const epochs = `partition ${this.partition} is at epoch ${this.epoch}, not ${partitionEpoch}`;
      return reject(Code.unavailable, `stale epoch: ${epochs}`);
    }

    if (!this.admits && !(this.isJoining && operation.kind === 'merge')) {
      if (this.isJoining) {
        return rejectJoining(this.partition);
      }

      return reject(
        Code.unavailable,
        `partition ${this.partition} is not open on this host; retry`,
      );
    }

    const {mailbox} = this;
    const isCrowded = operation.kind === 'coordinate' && mailbox.depth * 2 >= mailbox.bound;
    if (isCrowded || !mailbox.post(operation)) {
      return reject(Code.overloaded, 'the partition has all the work it can hold; retry elsewhere');
    }

    return null;
  }
}
