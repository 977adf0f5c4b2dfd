/**
 * Vnode: one partition on one host, the only writer of that partition's shard.
 *
 *   settling --> restoring --> identifying --> serving
 *      ^                            ^             |
 *      |                            +-- amnesia --+
 *      +------------- a commit failed ------------+
 *
 * Invariants:
 *   1. It opens only after every batch of its predecessor has ended, so no pending object dies with an actor.
 *   2. It stamps no dot before its identity is durable; it keeps the old incarnation only when the store
 *      vouches that nothing it ever let out is missing (T1): never after a crash or a failed commit.
 *   3. Whoever shows it a dot of its own that it does not know makes it take a new incarnation (T2).
 *   4. Operations wait in the mailbox until it serves.
 */
import {assign, setup} from 'xstate';
import {unbound} from '../../src/ports/unbound.js';
import type {Identity} from '../../src/store/identity.js';
import type {VnodeContext, VnodeEvent, VnodeInput} from './vnode.messages.js';

export const vnodeMachine = setup({
  types: {context: {} as VnodeContext, events: {} as VnodeEvent, input: {} as VnodeInput},
  actions: {
    settle: unbound<undefined>('settle'),
    restore: unbound<undefined>('restore'),
    identify: unbound<{identity: Identity | null}>('identify'),
    serve: unbound<undefined>('serve'),
    work: unbound<undefined>('work'),
    rest: unbound<undefined>('rest'),
    raiseCause: ({event}) => {
      throw event.type === 'vnode.failed' ? event.cause : new Error('the vnode failed');
    },
    forget: assign({identity: null, mayContinue: false}),
  },
  guards: {mayContinue: ({context}) => context.mayContinue},
}).createMachine({
  id: 'vnode',
  context: ({input}) => ({...input, identity: null}),
  initial: 'settling',
  on: {'vnode.failed': {actions: 'raiseCause'}},
  states: {
    settling: {entry: 'settle', on: {'vnode.settled': 'restoring'}},
    restoring: {
      entry: 'restore',
      on: {
        'vnode.restored': [
          {
            guard: 'mayContinue',
            target: 'identifying',
            actions: assign({identity: ({event}) => event.identity}),
          },
          {target: 'identifying', actions: 'forget'},
        ],
      },
    },
    identifying: {
      entry: {type: 'identify', params: ({context}) => ({identity: context.identity})},
      on: {'vnode.identified': 'serving'},
    },
    serving: {
      entry: 'serve',
      exit: 'rest',
      on: {
        'vnode.mail': {actions: 'work'},
        'vnode.commitFailed': {target: 'settling', actions: 'forget'},
        'vnode.amnesia': {target: 'identifying', actions: 'forget'},
      },
    },
  },
});
