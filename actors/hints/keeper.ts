/**
 * Keeper: what serving hints do with operations. Decides what is kept for a key, one operation
 * after the other, on top of what is kept already, pending first.
 *
 * Invariants:
 *   1. `done` and what is shown to readers are durable here; a write of its own leaves before.
 *   2. What it holds of a key is the key's hint and nothing else. So the incarnation that it stamps
 *      under ends at once when a hint that was stamped under it is deleted, a commit fails, or
 *      somebody shows it a dot of its own that it does not know (T1, T2): the next dot would claim
 *      to have seen what is not held any more. It is no older than the process, so it need not be
 *      on disk: only what may be continued has to be found again.
 *   3. A hint leaves the disk only when every target has acknowledged what it holds now. What the
 *      others have acknowledged is only in memory: sent again after a restart it changes nothing.
 *   4. Past the bound a hint is refused before anything of it leaves or is counted; nothing that
 *      was kept is ever dropped.
 *   5. A keeper that rests, or was retired (its actor ended or crashed), decides nothing.
 */
import type {HybridClock} from '../../src/causality/hlc.js';
import {highestHlc} from '../../src/causality/write.js';
import type {Counters} from '../../src/counters.js';
import {Code, reject, type Rejection} from '../../src/errors.js';
import type {Failpoints} from '../../src/failpoints.js';
import type {Random} from '../../src/ports/random.js';
import {StorageFailure} from '../../src/ports/storage.js';
import type {Held} from '../../src/store/held.js';
import {freshIdentity} from '../../src/store/identity.js';
import {decideWrite, mergeHeld, readPeerObject} from '../vnode/decide.js';
import {Stamper} from '../vnode/stamper.js';
import type {HintEntry, HintIndex} from './hint-index.js';
import type {
  HintOperation,
  KeepOperation,
  ReadKeptOperation,
  StandInOperation,
} from './hints.messages.js';
import {Shelf, type ShelfPorts} from './shelf.js';

export type KeeperPorts = ShelfPorts & {
  readonly random: Random;
  readonly hybrid: HybridClock;
  readonly counters: Counters;
  readonly failpoints: Failpoints;
};

export type KeeperEvents = {
  readonly commitFailed: () => void;
  readonly crashed: (cause: unknown) => void;
  /** The keeper cannot take this now: it should come again once it goes on. */
  readonly later: (operation: HintOperation) => void;
};

type KeepingOperation = KeepOperation | StandInOperation;
type Known = Held | null | StorageFailure;

export class Keeper {
  readonly shelf: Shelf;
  #isIdle = true;
  #isRetired = false;
  #stamper: Stamper;

  constructor(
    readonly index: HintIndex,
    private readonly ports: KeeperPorts,
    private readonly events: KeeperEvents,
  ) {
    this.shelf = new Shelf(index, ports, events.commitFailed);
    this.#stamper = this.#newStamper();
  }

  /** Who it stamps as. */
  get incarnation(): string {
    return this.#stamper.identity?.incarnation ?? '';
  }

  get isRetired(): boolean {
    return this.#isRetired;
  }

  /** All that is kept is known. */
  goOn(): void {
    this.shelf.goOn();
    this.#stamper = this.#newStamper();
    this.#isIdle = this.#isRetired;
  }

  rest(): void {
    this.#isIdle = true;
    this.shelf.rest();
  }

  /** For good. */
  retire(): void {
    this.#isRetired = true;
    this.#isIdle = true;
    this.shelf.close();
  }

  take(operation: HintOperation): void {
    this.ports.failpoints.hit('hints.work', operation.partition);
    this.#withKnown(operation, known => this.#decide(operation, known));
  }

  /** The target holds what the entry held as of `version`, durably. */
  delivered(target: string, entry: HintEntry, version: number): void {
    if (this.#isIdle || !this.shelf.isStill(entry, version)) {
      return;
    }

    this.ports.counters.add('hints_delivered');
    if (!this.index.acknowledge(target, entry)) {
      return;
    }

    this.shelf.remove(entry);
    this.ports.counters.add('hints_removed');
    if (entry.stampedUnder === this.incarnation) {
      this.#stamper = this.#newStamper();
    }
  }

  #withKnown(operation: HintOperation, then: (known: Known) => void): void {
    const {partition, name} = operation;
    const entry = this.index.find(partition, name);
    if (entry === undefined || entry.pending !== null) {
      then(entry?.pending ?? null);
      return;
    }

    if (this.ports.reader.full) {
      operation.done(reject(Code.overloaded, 'this host reads as fast as it can; retry elsewhere'));
      return;
    }

    this.shelf.load(entry, loaded => {
      if (this.#isIdle) {
        this.events.later(operation);
        return;
      }

      // The disk's answer arrives outside any actor: what breaks here must break the actor, not
      // the host.
      try {
        if (loaded === null) {
          this.#withKnown(operation, then);
        } else {
          then(loaded);
        }
      } catch (error) {
        this.events.crashed(error);
      }
    });
  }

  #decide(operation: HintOperation, known: Known): void {
    if (known instanceof StorageFailure) {
      operation.done(reject(Code.unavailable, `the hint cannot be read: ${known.message}`));
    } else if (this.#mustWait(operation) && this.ports.commits.full) {
      operation.done(
        reject(Code.overloaded, 'this host commits as fast as it can; retry elsewhere or later'),
      );
    } else if (operation.kind === 'readKept') {
      this.#read(operation, known);
    } else if (operation.kind === 'keep') {
      this.#keep(operation, known);
    } else {
      this.#standIn(operation, known);
    }
  }

  #mustWait(operation: HintOperation): boolean {
    return operation.kind !== 'readKept' || this.shelf.isPending(operation);
  }

  /** What has not been made durable could still vanish, so the answer waits for its commit. */
  #read(operation: ReadKeptOperation, held: Held | null): void {
    this.shelf.whenDurable(operation, failure =>
      operation.done(failure === null ? held : asRejection(failure)),
    );
  }

  #keep(operation: KeepOperation, mine: Held | null): void {
    const theirs = readPeerObject(operation.name, operation.bytes);
    if (theirs === null) {
      operation.done(reject(Code.badRequest, 'what the peer sent is no object'));
      return;
    }

    const wallMs = this.ports.clock.wallMs();
    this.ports.hybrid.observe(highestHlc(theirs.object, 0), wallMs);
    if (this.#stamper.hasForgotten(theirs.object.vector)) {
      this.#stamper = this.#newStamper();
    }

    const merged = mergeHeld(mine, theirs, wallMs);
    const rejection = this.#refusal(operation, merged);
    if (rejection !== null) {
      operation.done(rejection);
    } else if (merged === mine && this.shelf.isLackedBy(operation, operation.targets)) {
      this.#whenDurable(operation);
    } else {
      this.#write(operation, merged, '');
    }
  }

  #standIn(operation: StandInOperation, mine: Held | null): void {
    const wallMs = this.ports.clock.wallMs();
    const decision = decideWrite(operation, mine, this.#stamper, wallMs);
    switch (decision.kind) {
      case 'known':
        operation.decided(decision.held);
        if (this.shelf.isLackedBy(operation, operation.targets)) {
          this.#whenDurable(operation);
        } else {
          this.#write(operation, decision.held, '');
        }

        break;
      case 'forgotten':
      case 'outOfDots':
        this.#stamper = this.#newStamper();
        this.#standIn(operation, mine);
        break;
      case 'refused':
        operation.done(decision.rejection);
        break;
      case 'written': {
        const rejection = this.#refusal(operation, decision.held);
        if (rejection === null) {
          operation.decided(decision.held);
          this.#write(operation, decision.held, this.incarnation);
        } else {
          operation.done(rejection);
        }

        break;
      }
    }
  }

  #whenDurable(operation: KeepingOperation): void {
    this.shelf.whenDurable(operation, failure => end(operation, failure));
  }

  #refusal(operation: KeepingOperation, held: Held): Rejection | null {
    const rejection = this.shelf.refusal(operation, held);
    if (rejection !== null) {
      this.ports.counters.add('hints_refused');
    }

    return rejection;
  }

  #write(operation: KeepingOperation, held: Held, stampedUnder: string): void {
    const entry = this.shelf.put(operation, held, operation, failure => end(operation, failure));
    entry.stampedUnder = stampedUnder === '' ? entry.stampedUnder : stampedUnder;
    this.ports.counters.add('hints_kept');
  }

  /** An incarnation that has given no dot yet. */
  #newStamper(): Stamper {
    const stamper = new Stamper(this.ports.clock, this.ports.hybrid, () => undefined);
    const identity = freshIdentity(this.ports.random);
    stamper.assume({...identity, leasedUpTo: Number.MAX_SAFE_INTEGER}, 0);
    return stamper;
  }
}

function end({done}: KeepingOperation, failure: StorageFailure | null): void {
  done(failure === null ? null : asRejection(failure));
}

function asRejection(failure: StorageFailure): Rejection {
  return reject(Code.unavailable, `this host could not keep it: ${failure.message}`);
}
