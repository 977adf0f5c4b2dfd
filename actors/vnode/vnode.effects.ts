/**
 * Binds the effects that vnode.machine.ts names: restoring a shard, making its identity durable,
 * and opening and closing its mailbox. While it is open, mail goes to the shard without an event of
 * the machine: of the few operations of a turn nearly each is for another vnode, and an event for
 * each took a tenth of a busy host's time.
 */
import type {ActorRefFrom} from 'xstate';
import {Code, reject} from '../../src/errors.js';
import type {Mailbox} from '../../src/mailbox.js';
import {Forest} from '../../src/merkle/forest.js';
import type {Random} from '../../src/ports/random.js';
import type {Storage} from '../../src/ports/storage.js';
import type {Content, Durable} from '../../src/store/group-commit.js';
import {
  encodeIdentity,
  extendLease,
  freshIdentity,
  prove,
  seal,
  type Identity,
} from '../../src/store/identity.js';
import {identityKey} from '../../src/store/layout.js';
import {restoreVnode} from '../../src/store/restore.js';
import {pagesOf} from '../../src/store/weigh.js';
import {describeError} from '../../src/supervision.js';
import {Shard, type ShardPorts} from './shard.js';
import {vnodeMachine} from './vnode.machine.js';
import type {VnodeEvent, VnodeOperation, VnodePhase} from './vnode.messages.js';

export type VnodePorts = ShardPorts & {
  readonly storage: Storage;
  readonly random: Random;
  readonly mailbox: Mailbox<VnodeOperation>;
  /** Told of each new phase, with the trees of the vnode's shard while it is open. */
  readonly onPhase: (phase: VnodePhase, trees: Forest | null) => void;
  /** Told once when the disk begins to take nothing. */
  readonly onStalled: (error: string) => void;
};

type Self = ActorRefFrom<typeof vnodeMachine>;

/**
 * One vnode's machine, bound, and the seal that ends its last actor's work. Each actor made from
 * the machine begins with a shard of its own.
 */
export function bindVnode(ports: VnodePorts, partition: number) {
  const effects = new VnodeEffects(ports, partition);
  const machine = vnodeMachine.provide({
    actions: {
      settle: ({self}) => effects.settle(self as Self),
      restore: () => effects.restore(),
      identify: (_, {identity, isProven}) => effects.identify(identity, isProven),
      join: () => effects.open('joining'),
      prove: () => effects.prove(),
      serve: () => effects.open('serving'),
      rest: () => effects.rest(),
      tellStalled: (_, {cause}) => effects.tellStalled(cause),
    },
  });

  return {machine, seal: () => effects.seal()};
}

class VnodeEffects {
  #self: Self | null = null;
  #shard: Shard;
  #stalled = false;
  /** The trees were made from the objects, and are on no disk yet. */
  #isWeighed = false;
  /** While mail is worked on: what the machine will be told after it. */
  #untold: VnodeEvent[] | null = null;

  constructor(
    private readonly ports: VnodePorts,
    private readonly partition: number,
  ) {
    this.#shard = this.#newShard();
  }

  settle(self: Self): void {
    this.#watch(self);
    this.#shard.retire();
    const from = this.#newShard();
    this.#shard = from;
    this.ports.objects.commits.whenSettled(() => this.#tell(from, {type: 'vnode.settled'}));
  }

  restore(): void {
    const from = this.#shard;
    const {storage, objects} = this.ports;
    const disk = {storage, leaves: objects.commits.leaves};
    restoreVnode(disk, this.partition, from.trees, this.ports.copiesOf, (failure, {identity}) => {
      this.#isWeighed = identity === null;
      this.#tell(from, failure === null ? {type: 'vnode.restored', identity} : failed(failure));
    });
  }

  identify(found: Identity | null, isProven: boolean): void {
    const from = this.#shard;
    const next = found === null ? freshIdentity(this.ports.random, isProven) : extendLease(found);
    // What the disk tells of the trees is not true where they were made anew.
    const trees = this.#isWeighed ? pagesOf(this.partition, from.trees) : [];
    const durable: Durable = failure => {
      if (failure === null && from === this.#shard && !from.retired) {
        this.#isWeighed = false;
        from.assume(next, found?.leasedUpTo ?? 0);
      }

      const stalled = {type: 'vnode.unidentified', cause: failure} as const;
      this.#tell(from, failure === null ? {type: 'vnode.identified'} : stalled);
    };
    this.#record(next, durable, trees);
  }

  open(phase: 'joining' | 'serving'): void {
    this.#stalled = false;
    this.#shard.isJoining = phase === 'joining';
    this.ports.mailbox.attach(() => this.#work());
    this.ports.onPhase(phase, this.#shard.trees);
  }

  prove(): void {
    const from = this.#shard;
    const {identity} = from;
    if (identity === null) {
      this.#tell(from, {type: 'vnode.commitFailed'});
      return;
    }

    const proven = prove(identity);
    this.#record(proven, failure => {
      if (failure === null) {
        from.renew(proven);
      }

      this.#tell(from, {type: failure === null ? 'vnode.proved' : 'vnode.commitFailed'});
    });
  }

  rest(): void {
    this.ports.mailbox.detach();
    this.ports.onPhase('closed', null);
    this.#shard.rest();
  }

  tellStalled(cause: unknown): void {
    if (!this.#stalled) {
      this.#stalled = true;
      this.ports.onStalled(describeError(cause));
    }
  }

  /** However the actor ends, by a crash or by its parent's hand, its shard decides nothing more. */
  #watch(self: Self): void {
    if (self === this.#self) {
      return;
    }

    this.#self = self;
    const end = () => {
      this.rest();
      this.#shard.retire();
    };
    self.subscribe({complete: end, error: end});
  }

  /**
   * Nothing more is decided, and if nothing was lost the next start may go on under this identity.
   */
  seal(): void {
    const {identity} = this.#shard;
    this.#shard.retire();
    if (identity !== null) {
      this.#record(seal(identity), () => undefined);
    }
  }

  /**
   * The mail of one turn. A crash half-way must not take along the operations that had not begun.
   * What the shard has to tell the machine waits until all are through, as it would if the machine
   * itself were at work: no operation may find the vnode in another state than its neighbours did.
   */
  #work(): void {
    const shard = this.#shard;
    const mail = this.ports.mailbox.take();
    const untold: VnodeEvent[] = [];
    this.#untold = untold;
    let next = 0;
    try {
      while (next < mail.length) {
        next += 1;
        shard.take(mail[next - 1] as VnodeOperation);
      }
    } catch (error) {
      mail.slice(next).forEach(waiting => this.#later(waiting));
      untold.push(failed(error));
    }

    this.#untold = null;
    for (const event of untold) {
      this.#tell(shard, event);
    }
  }

  #newShard(): Shard {
    const made: Shard = new Shard(this.partition, new Forest(), this.ports, {
      leaseLow: identity => this.#extend(made, identity),
      commitFailed: () => this.#tell(made, {type: 'vnode.commitFailed'}),
      amnesia: () => this.#tell(made, {type: 'vnode.amnesia'}),
      crashed: cause => this.#tell(made, failed(cause)),
      later: operation => this.#later(operation),
    });
    return made;
  }

  #extend(from: Shard, identity: Identity): void {
    const next = extendLease(identity);
    this.#record(next, failure => {
      if (failure !== null) {
        this.#tell(from, {type: 'vnode.commitFailed'});
      } else if (from === this.#shard) {
        from.renew(next);
      }
    });
  }

  #record(identity: Identity, durable: Durable, others: readonly Content[] = []): void {
    const own = {key: identityKey(this.partition), content: encodeIdentity(identity)};
    this.ports.objects.commits.addRecords([...others, own], durable);
  }

  #later(operation: VnodeOperation): void {
    if (!this.ports.mailbox.post(operation)) {
      operation.done(reject(Code.overloaded, 'the partition is restarting; retry'));
    }
  }

  /** What comes from an earlier shard's work must not move the vnode that has replaced it. */
  #tell(from: Shard, event: VnodeEvent): void {
    if (from !== this.#shard || from.retired) {
      return;
    }

    if (this.#untold === null) {
      this.#self?.send(event);
    } else {
      this.#untold.push(event);
    }
  }
}

function failed(cause: unknown): VnodeEvent {
  return {type: 'vnode.failed', cause};
}
