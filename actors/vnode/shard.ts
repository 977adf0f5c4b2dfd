/**
 * Shard: what a serving vnode does with operations. Decides every write to its partition, one key
 * at a time in the order operations came, on top of the newest object that the host knows (pending
 * first).
 *
 * Invariants:
 *   1. A decided object leaves before its own commit; what is shown to readers is durable.
 *   2. The Merkle leaf changes with the object, in the same batch.
 *   3. A retry of a known write stamps nothing.
 *   4. A shard that was retired (its vnode stopped or crashed) decides nothing any more.
 *   5. As the disk falls behind, clients' writes are turned down before those that another host has
 *      taken on already: to turn down a merge makes a write fail after all its work.
 */
import type {HybridClock} from '../../src/causality/hlc.js';
import {highestHlc} from '../../src/causality/write.js';
import {Code, reject, type Rejection} from '../../src/errors.js';
import type {Failpoints} from '../../src/failpoints.js';
import {nameHash} from '../../src/merkle/object-hash.js';
import {leafOf, type MerkleTree} from '../../src/merkle/tree.js';
import type {Clock} from '../../src/ports/clock.js';
import {StorageFailure} from '../../src/ports/storage.js';
import type {Held} from '../../src/store/held.js';
import type {Identity} from '../../src/store/identity.js';
import type {Loaded, ObjectStore} from '../../src/store/object-store.js';
import {decideWrite, mergeHeld, readPeerObject} from './decide.js';
import {Stamper} from './stamper.js';
import type {
  CoordinateOperation,
  MergeOperation,
  ReadOperation,
  VnodeOperation,
} from './vnode.messages.js';

export type ShardPorts = {
  readonly clock: Clock;
  readonly hybrid: HybridClock;
  readonly objects: ObjectStore;
  readonly failpoints: Failpoints;
};

export type ShardEvents = {
  /** The lease runs low: a higher one should be made durable. */
  readonly leaseLow: (identity: Identity) => void;
  readonly commitFailed: () => void;
  readonly amnesia: () => void;
  readonly crashed: (cause: unknown) => void;
  /** The shard cannot take this now: it should come again once the vnode serves. */
  readonly later: (operation: VnodeOperation) => void;
};

/** Writes that wait for a lease or an identity: one commit away, unless the disk stands still. */
const OUT_OF_DOTS_MAX = 4_096;

export class Shard {
  retired = false;
  readonly #stamper: Stamper;
  #outOfDots: CoordinateOperation[] = [];

  constructor(
    readonly partition: number,
    readonly tree: MerkleTree,
    private readonly ports: ShardPorts,
    private readonly events: ShardEvents,
  ) {
    this.#stamper = new Stamper(ports.clock, ports.hybrid, events.leaseLow);
  }

  /** Starts to decide as `identity`, whose dots up to `counter` are spent. */
  assume(identity: Identity, counter: number): void {
    this.#stamper.assume(identity, counter);
  }

  /** Who it stamps as; null while it decides nothing. */
  get identity(): Identity | null {
    return this.#stamper.identity;
  }

  /** A higher lease is durable: what waited for dots goes on. */
  renew(identity: Identity): void {
    if (this.#stamper.renew(identity)) {
      this.#release();
    }
  }

  /** Decides nothing until it assumes an identity again; what comes meanwhile is sent back. */
  rest(): void {
    this.#stamper.rest();
    this.#release();
  }

  /** For good. */
  retire(): void {
    this.retired = true;
    this.rest();
  }

  /** Takes one operation on; loads the key's object first when only the disk knows it. */
  take(operation: VnodeOperation): void {
    this.ports.failpoints.hit('vnode.work', this.partition);
    const known = this.ports.objects.peek(operation.name);
    if (known !== undefined) {
      this.#decide(operation, known);
      return;
    }

    const {objects} = this.ports;
    if (operation.kind === 'coordinate' ? objects.crowded : objects.full) {
      operation.done(reject(Code.overloaded, 'this host reads as fast as it can; retry elsewhere'));
      return;
    }

    objects.load(this.partition, operation.name, loaded => {
      if (this.identity === null) {
        this.events.later(operation);
        return;
      }

      // The disk's answer arrives outside any actor: what breaks here must break the vnode, not the
      // host.
      try {
        this.#decide(operation, loaded);
      } catch (error) {
        this.events.crashed(error);
      }
    });
  }

  #decide(operation: VnodeOperation, loaded: Loaded): void {
    if (loaded instanceof StorageFailure) {
      const text = `this replica cannot read the key: ${loaded.message}; ask again with a lower R`;
      operation.done(reject(Code.unavailable, text));
    } else if (this.#mustWait(operation) && this.#isFull(operation)) {
      operation.done(
        reject(Code.overloaded, 'this host commits as fast as it can; retry elsewhere or later'),
      );
    } else if (operation.kind === 'read') {
      this.#read(operation, loaded);
    } else if (operation.kind === 'merge') {
      this.#merge(operation, loaded);
    } else {
      this.#coordinate(operation, loaded);
    }
  }

  #mustWait({kind, name}: VnodeOperation): boolean {
    return kind !== 'read' || this.ports.objects.commits.pending(name) !== undefined;
  }

  #isFull({kind}: VnodeOperation): boolean {
    const {commits} = this.ports.objects;
    return kind === 'coordinate' ? commits.crowded : commits.full;
  }

  /** What has not been made durable could still vanish, so the answer waits for its commit. */
  #read(operation: ReadOperation, held: Held | null): void {
    this.ports.objects.commits.whenDurable(operation.name, failure =>
      operation.done(failure === null ? held : rejectFailure(failure)),
    );
  }

  #merge(operation: MergeOperation, mine: Held | null): void {
    const theirs = readPeerObject(operation.name, operation.bytes);
    if (theirs === null) {
      operation.done(reject(Code.badRequest, 'what the peer sent is no object'));
      return;
    }

    const wallMs = this.ports.clock.wallMs();
    this.ports.hybrid.observe(highestHlc(theirs.object, 0), wallMs);
    if (this.#stamper.hasForgotten(theirs.object.vector)) {
      this.events.amnesia();
    }

    const merged = mergeHeld(mine, theirs, wallMs);
    if (merged === mine) {
      this.#whenDurable(operation);
    } else {
      this.#write(operation, mine, merged);
    }
  }

  #coordinate(operation: CoordinateOperation, mine: Held | null): void {
    const decision = decideWrite(operation, mine, this.#stamper, this.ports.clock.wallMs());
    switch (decision.kind) {
      case 'known':
        operation.decided(decision.held);
        this.#whenDurable(operation);
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
        this.ports.failpoints.hit('put.decided', this.partition);
        operation.decided(decision.held);
        this.ports.failpoints.hit('put.sent', this.partition);
        this.#write(operation, mine, decision.held);
        break;
    }
  }

  #waitForDots(operation: CoordinateOperation): void {
    if (this.#outOfDots.length < OUT_OF_DOTS_MAX) {
      this.#outOfDots.push(operation);
    } else {
      const text = 'the partition waits for its disk before it takes more writes; retry elsewhere';
      operation.done(reject(Code.overloaded, text));
    }
  }

  #write(operation: MergeOperation | CoordinateOperation, before: Held | null, held: Held): void {
    const {name} = operation;
    const leaf = leafOf(nameHash(name));
    this.tree.update(leaf, before?.hash ?? null, held.hash);
    this.ports.objects.write(
      {partition: this.partition, name, held, leaf, tree: this.tree},
      failure => this.#ended(operation, failure),
    );
  }

  /** The key already holds what the operation wanted: done once that is durable. */
  #whenDurable(operation: MergeOperation | CoordinateOperation): void {
    this.ports.objects.commits.whenDurable(operation.name, failure =>
      this.#ended(operation, failure),
    );
  }

  #release(): void {
    const operations = this.#outOfDots;
    this.#outOfDots = [];
    for (const operation of operations) {
      this.events.later(operation);
    }
  }

  #ended(operation: MergeOperation | CoordinateOperation, failure: StorageFailure | null): void {
    if (failure !== null && !this.retired) {
      this.events.commitFailed();
    }

    operation.done(failure === null ? null : rejectFailure(failure));
  }
}

function rejectFailure(failure: StorageFailure): Rejection {
  return reject(Code.unavailable, `this replica could not commit: ${failure.message}`);
}
