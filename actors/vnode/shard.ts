/**
 * Shard: what an open vnode does with operations. Decides every write to its partition, one key
 * at a time in the order operations came, on top of the newest object that the host knows (pending
 * first).
 *
 * Invariants:
 *   1. A decided object leaves before its own commit; what is shown to readers is durable.
 *   2. The Merkle leaf changes with the object, in the same batch.
 *   3. A shard that was retired (its vnode stopped or crashed) decides nothing any more. A merge
 *      that it had begun is turned down and not sent back: behind a step of the purge that came
 *      after it, it would bring back what that has removed.
 *   4. While its vnode joins it merges, and refuses whatever would be answered from what it holds.
 */
import type {HybridClock} from '../../src/causality/hlc.js';
import {highestHlc} from '../../src/causality/write.js';
import {Code, reject} from '../../src/errors.js';
import type {Failpoints} from '../../src/failpoints.js';
import {nameHash} from '../../src/merkle/object-hash.js';
import type {Forest} from '../../src/merkle/forest.js';
import {leafOf} from '../../src/merkle/tree.js';
import type {Clock} from '../../src/ports/clock.js';
import {StorageFailure} from '../../src/ports/storage.js';
import type {Held} from '../../src/store/held.js';
import type {Durable} from '../../src/store/group-commit.js';
import type {Identity} from '../../src/store/identity.js';
import type {Loaded, ObjectStore} from '../../src/store/object-store.js';
import {CoordinatedWrites} from './coordinated-writes.js';
import {decidePurge} from './decide-purge.js';
import {decideRetire} from './decide-retire.js';
import {mergeHeld, readPeerObject} from './decide.js';
import {
  refuseToLoad,
  refuseToWait,
  rejectFailure,
  rejectJoining,
  rejectRestarted,
  rejectUnreadable,
} from './refusals.js';
import type {
  CoordinateOperation,
  MergeOperation,
  PurgeOperation,
  ReadOperation,
  VnodeOperation,
} from './vnode.messages.js';

export type ShardPorts = {
  readonly clock: Clock;
  readonly hybrid: HybridClock;
  readonly objects: ObjectStore;
  readonly failpoints: Failpoints;
  /** How many owners keep a key: its bucket's n. */
  readonly copiesOf: (name: string) => number;
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

export class Shard {
  retired = false;
  isJoining = false;
  readonly #writes: CoordinatedWrites;

  constructor(
    readonly partition: number,
    readonly trees: Forest,
    private readonly ports: ShardPorts,
    private readonly events: ShardEvents,
  ) {
    this.#writes = new CoordinatedWrites(partition, ports, {
      ...events,
      decided: (operation, mine, held) =>
        this.#write(operation.name, mine, held, failure => this.#ended(operation, failure)),
      known: operation => this.#whenDurable(operation),
    });
  }

  /** Starts to decide as `identity`, whose dots up to `counter` are spent. */
  assume(identity: Identity, counter: number): void {
    this.#writes.stamper.assume(identity, counter);
  }

  /** Who it stamps as; null while it decides nothing. */
  get identity(): Identity | null {
    return this.#writes.stamper.identity;
  }

  /** A higher lease is durable: what waited for dots goes on. */
  renew(identity: Identity): void {
    this.#writes.renew(identity);
  }

  /** Decides nothing until it assumes an identity again; what comes meanwhile is sent back. */
  rest(): void {
    this.#writes.rest();
  }

  /** For good. */
  retire(): void {
    this.retired = true;
    this.rest();
  }

  /** Takes one operation on; loads the key's object first when only the disk knows it. */
  take(operation: VnodeOperation): void {
    this.ports.failpoints.hit('vnode.work', this.partition);
    if (this.isJoining && operation.kind !== 'merge') {
      operation.done(rejectJoining(this.partition));
      return;
    }

    const known = this.ports.objects.peek(operation.name);
    if (known !== undefined) {
      this.#decide(operation, known);
      return;
    }

    const {objects} = this.ports;
    const refused = refuseToLoad(operation, objects);
    if (refused !== null) {
      operation.done(refused);
      return;
    }

    objects.load(this.partition, operation.name, loaded => {
      if (operation.kind === 'merge' ? this.retired : this.identity === null) {
        this.#sendBack(operation);
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
      operation.done(rejectUnreadable(loaded));
      return;
    }

    const refused = refuseToWait(operation, this.ports.objects);
    if (refused !== null) {
      operation.done(refused);
    } else if (operation.kind === 'read') {
      this.#read(operation, loaded);
    } else if (operation.kind === 'merge') {
      this.#merge(operation, loaded);
    } else if (operation.kind === 'purge') {
      this.#purge(operation, loaded);
    } else {
      this.#writes.take(operation, loaded);
    }
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
    if (this.#writes.stamper.hasForgotten(theirs.object.vector)) {
      this.events.amnesia();
    }

    const merged = mergeHeld(mine, theirs, wallMs);
    if (merged === mine) {
      this.#whenDurable(operation);
    } else {
      this.#write(operation.name, mine, merged, failure => this.#ended(operation, failure));
    }
  }

  #purge({step, name, hash, entries, done}: PurgeOperation, mine: Held | null): void {
    const {answer, next} =
      step === 'spent' || step === 'retire'
        ? decideRetire(step, mine, entries)
        : decidePurge(step, mine, hash);
    const ended = (failure: StorageFailure | null) => {
      this.#noticeFailure(failure);
      done(failure === null ? answer : rejectFailure(failure));
    };
    if (next === mine) {
      this.ports.objects.commits.whenDurable(name, ended);
    } else {
      const failpoint = next === null ? 'remove' : step === 'retire' ? step : 'mark';
      this.ports.failpoints.hit(`purge.${failpoint}`, this.partition);
      this.#write(name, mine, next, ended);
    }
  }

  #write(name: string, before: Held | null, held: Held | null, durable: Durable): void {
    const leaf = leafOf(nameHash(name));
    const copies = this.ports.copiesOf(name);
    const tree = this.trees.tree(copies);
    tree.update(leaf, before?.weight ?? null, held?.weight ?? null);
    this.ports.objects.write({partition: this.partition, copies, name, held, leaf, tree}, durable);
  }

  /** The key already holds what the operation wanted: done once that is durable. */
  #whenDurable(operation: MergeOperation | CoordinateOperation): void {
    this.ports.objects.commits.whenDurable(operation.name, failure =>
      this.#ended(operation, failure),
    );
  }

  #sendBack(operation: VnodeOperation): void {
    if (operation.kind === 'merge' || operation.kind === 'purge') {
      operation.done(rejectRestarted());
    } else {
      this.events.later(operation);
    }
  }

  #ended(operation: MergeOperation | CoordinateOperation, failure: StorageFailure | null): void {
    this.#noticeFailure(failure);
    operation.done(failure === null ? null : rejectFailure(failure));
  }

  #noticeFailure(failure: StorageFailure | null): void {
    if (failure !== null && !this.retired) {
      this.events.commitFailed();
    }
  }
}
