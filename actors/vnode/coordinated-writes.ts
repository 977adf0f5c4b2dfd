/**
 * Coordinated writes: those that begin at this vnode, which gives each the dot that it has on all
 * owners. One for which no dot is left waits for a lease or an identity.
 *
 * Invariants:
 *   1. A decided object leaves before its own commit.
 *   2. A retry of a known write stamps nothing.
 *   3. Nothing is stamped past the write's deadline.
 */
import type {HybridClock} from '../../src/causality/hlc.js';
import type {Failpoints} from '../../src/failpoints.js';
import type {Clock} from '../../src/ports/clock.js';
import type {Held} from '../../src/store/held.js';
import type {Identity} from '../../src/store/identity.js';
import {decideWrite} from './decide.js';
import {rejectLate, rejectOutOfDots} from './refusals.js';
import {Stamper} from './stamper.js';
import type {CoordinateOperation} from './vnode.messages.js';

export type WritePorts = {
  readonly clock: Clock;
  readonly hybrid: HybridClock;
  readonly failpoints: Failpoints;
};

export type WriteEvents = {
  /** The lease runs low: a higher one should be made durable. */
  readonly leaseLow: (identity: Identity) => void;
  readonly amnesia: () => void;
  /** It should come again once the vnode serves. */
  readonly later: (operation: CoordinateOperation) => void;
  /** `held` is to be made durable in the place of `mine`. */
  readonly decided: (operation: CoordinateOperation, mine: Held | null, held: Held) => void;
  /** The key already holds what the operation wanted. */
  readonly known: (operation: CoordinateOperation) => void;
};

/** Writes that wait for a lease or an identity: one commit away, unless the disk stands still. */
const OUT_OF_DOTS_MAX = 4_096;

export class CoordinatedWrites {
  readonly stamper: Stamper;
  #outOfDots: CoordinateOperation[] = [];

  constructor(
    private readonly partition: number,
    private readonly ports: WritePorts,
    private readonly events: WriteEvents,
  ) {
    this.stamper = new Stamper(ports.clock, ports.hybrid, events.leaseLow);
  }

  /** A higher lease is durable: what waited for dots goes on. */
  renew(identity: Identity): void {
    if (this.stamper.renew(identity)) {
      this.#release();
    }
  }

  rest(): void {
    this.stamper.rest();
    this.#release();
  }

  take(operation: CoordinateOperation, mine: Held | null): void {
    const {clock, failpoints} = this.ports;
    if (clock.nowMs() >= operation.deadlineMs) {
      operation.done(rejectLate());
      return;
    }

    const decision = decideWrite(operation, mine, this.stamper, clock.wallMs());
    switch (decision.kind) {
      case 'known':
        operation.decided(decision.held);
        this.events.known(operation);
        break;
      case 'forgotten':
        this.events.amnesia();
        this.events.later(operation);
        break;
      case 'outOfDots':
        this.#waitForDots(operation);
        break;
      case 'refused':
        operation.done(decision.rejection);
        break;
      case 'written':
        failpoints.hit('put.decided', this.partition);
        operation.decided(decision.held);
        failpoints.hit('put.sent', this.partition);
        this.events.decided(operation, mine, decision.held);
        break;
    }
  }

  #waitForDots(operation: CoordinateOperation): void {
    if (this.#outOfDots.length < OUT_OF_DOTS_MAX) {
      this.#outOfDots.push(operation);
    } else {
      operation.done(rejectOutOfDots());
    }
  }

  #release(): void {
    const operations = this.#outOfDots;
    this.#outOfDots = [];
    for (const operation of operations) {
      this.events.later(operation);
    }
  }
}
