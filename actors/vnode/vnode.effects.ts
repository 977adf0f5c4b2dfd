/** Binds the effects that vnode.machine.ts names: restoring a shard, making its identity durable, working off mail. */
import type {ActorRefFrom} from 'xstate';
import {Code, reject} from '../../src/errors.js';
import type {Mailbox} from '../../src/mailbox.js';
import {MerkleTree} from '../../src/merkle/tree.js';
import type {Random} from '../../src/ports/random.js';
import type {Storage} from '../../src/ports/storage.js';
import {encodeIdentity, extendLease, freshIdentity, type Identity} from '../../src/store/identity.js';
import {identityKey} from '../../src/store/layout.js';
import type {Durable} from '../../src/store/group-commit.js';
import {restoreVnode} from '../../src/store/restore.js';
import {Shard, type ShardPorts} from './shard.js';
import {vnodeMachine} from './vnode.machine.js';
import type {VnodeEvent, VnodeOperation} from './vnode.messages.js';

export type VnodePorts = ShardPorts & {
  readonly storage: Storage;
  readonly random: Random;
  readonly mailbox: Mailbox<VnodeOperation>;
  /** Told whenever the vnode begins or ceases to serve. */
  readonly onServing: (serving: boolean) => void;
};

/** One vnode's machine, bound. Each actor made from it begins with a shard of its own. */
export function bindVnode(ports: VnodePorts, partition: number) {
  const {objects, storage, random, mailbox, onServing} = ports;
  let self: ActorRefFrom<typeof vnodeMachine> | null = null;
  let shard = newShard();

  function newShard(): Shard {
    const made: Shard = new Shard(partition, new MerkleTree(), ports, {
      leaseLow: identity => extend(made, identity),
      commitFailed: () => tell(made, {type: 'vnode.commitFailed'}),
      amnesia: () => tell(made, {type: 'vnode.amnesia'}),
      crashed: cause => tell(made, failed(cause)),
      later,
    });
    return made;
  }

  /** What comes from an earlier shard's work must not move the vnode that has replaced it. */
  function tell(from: Shard, event: VnodeEvent): void {
    if (from === shard && !shard.retired) {
      self?.send(event);
    }
  }

  function later(operation: VnodeOperation): void {
    if (!mailbox.post(operation)) {
      operation.done(reject(Code.overloaded, 'the partition is restarting; retry'));
    }
  }

  function record(identity: Identity, durable: Durable): void {
    objects.commits.addRecord(identityKey(partition), encodeIdentity(identity), durable);
  }

  function extend(from: Shard, identity: Identity): void {
    const next = extendLease(identity);
    record(next, failure => {
      if (failure !== null) {
        tell(from, {type: 'vnode.commitFailed'});
      } else if (from === shard) {
        shard.renew(next);
      }
    });
  }

  function identify(found: Identity | null): void {
    const from = shard;
    const next = found === null ? freshIdentity(random) : extendLease(found);
    record(next, failure => {
      if (failure === null && from === shard) {
        shard.assume(next, found?.leasedUpTo ?? 0);
      }

      tell(from, failure === null ? {type: 'vnode.identified'} : failed(failure));
    });
  }

  /** A crash half-way through the mail must not take along the operations that had not begun. */
  function work(): void {
    const mail = mailbox.take();
    for (let next = 0; next < mail.length; next += 1) {
      try {
        shard.take(mail[next] as VnodeOperation);
      } catch (error) {
        mail.slice(next + 1).forEach(later);
        shard.retire();
        mailbox.detach();
        onServing(false);
        throw error;
      }
    }
  }

  return vnodeMachine.provide({
    actions: {
      settle: args => {
        self = args.self as ActorRefFrom<typeof vnodeMachine>;
        shard.retire();
        const from = newShard();
        shard = from;
        objects.commits.whenSettled(() => tell(from, {type: 'vnode.settled'}));
      },
      restore: () => {
        const from = shard;
        restoreVnode(storage, partition, from.tree, (failure, {identity}) => {
          tell(from, failure === null ? {type: 'vnode.restored', identity} : failed(failure));
        });
      },
      identify: (_, {identity}) => identify(identity),
      serve: () => {
        mailbox.attach(() => tell(shard, {type: 'vnode.mail'}));
        onServing(true);
      },
      work,
      rest: () => {
        mailbox.detach();
        onServing(false);
        shard.rest();
      },
    },
  });
}

function failed(cause: unknown): VnodeEvent {
  return {type: 'vnode.failed', cause};
}
