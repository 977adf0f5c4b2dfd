/**
 * Vnode: one partition on one host, the only writer of that partition's shard.
 *
 *   settling --> restoring --> identifying --> serving
 *                                   |             ^
 *                                   +--> joining --proven--> proving
 *      open --amnesia--> identifying      open --a commit failed--> settling
 *      identifying --the disk takes nothing--> stalled --> identifying
 *      (open: joining, proving or serving)
 *
 * Invariants:
 *   1. It opens only after every batch of its predecessor has ended, so no pending object dies with
 *      an actor.
 *   2. It stamps no dot before its identity is durable; it keeps the old incarnation only when the
 *      store vouches that nothing it ever let out is missing (T1), and its predecessor sealed it:
 *      never after a crash or a failed commit, not even when the host then stopped in order.
 *   3. Whoever shows it a dot of its own that it does not know makes it take a new incarnation
 *      (T2).
 *   4. Operations wait in the mailbox until it is open.
 *   5. A disk that takes nothing, full for example, is no crash: the vnode tries again until it
 *      does.
 *   6. A vnode whose store was empty, wiped or salvaged may have lost what it had acknowledged. It
 *      joins: what it merges is durable and counts, but it answers no read and coordinates nothing
 *      until it was proven equal with all other owners, and that is durable.
 *      (src/repair/standing.ts says who decides so, and which losses are beyond that.)
 */
import {assign, setup} from 'xstate';
import {unbound} from '../../src/ports/unbound.js';
import type {Identity} from '../../src/store/identity.js';
import type {VnodeContext, VnodeEvent, VnodeInput} from './vnode.messages.js';

const RETRY_AFTER_MS = 500;

const WHILE_OPEN = {
  'vnode.commitFailed': {target: 'settling', actions: ['rest', 'forget']},
  'vnode.amnesia': {target: 'identifying', actions: ['rest', 'forget']},
} as const;

export const vnodeMachine = setup({
  types: {context: {} as VnodeContext, events: {} as VnodeEvent, input: {} as VnodeInput},
  actions: {
    settle: unbound<undefined>('settle'),
    restore: unbound<undefined>('restore'),
    identify: unbound<{identity: Identity | null; isProven: boolean}>('identify'),
    join: unbound<undefined>('join'),
    prove: unbound<undefined>('prove'),
    serve: unbound<undefined>('serve'),
    rest: unbound<undefined>('rest'),
    tellStalled: unbound<{cause: unknown}>('tellStalled'),
    raiseCause: ({event}) => {
      throw event.type === 'vnode.failed' ? event.cause : new Error('the vnode failed');
    },
    forget: assign({identity: null, mayContinue: false}),
    recall: assign({
      isProven: ({event}) => event.type === 'vnode.restored' && event.identity?.isProven === true,
    }),
  },
  delays: {retryAfter: RETRY_AFTER_MS},
  guards: {
    isProven: ({context}) => context.isProven,
    mayContinue: ({context, event}) =>
      context.mayContinue && event.type === 'vnode.restored' && event.identity?.isSealed === true,
  },
}).createMachine({
  id: 'vnode',
  context: ({input}) => ({...input, identity: null, isProven: false}),
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
            actions: ['recall', assign({identity: ({event}) => event.identity})],
          },
          {target: 'identifying', actions: ['recall', 'forget']},
        ],
      },
    },
    identifying: {
      entry: {
        type: 'identify',
        params: ({context: {identity, isProven}}) => ({identity, isProven}),
      },
      on: {
        'vnode.identified': [{guard: 'isProven', target: 'serving'}, {target: 'joining'}],
        'vnode.unidentified': 'stalled',
      },
    },
    stalled: {
      entry: {
        type: 'tellStalled',
        params: ({event}) => ({cause: event.type === 'vnode.unidentified' ? event.cause : null}),
      },
      after: {retryAfter: 'identifying'},
    },
    joining: {entry: 'join', on: {...WHILE_OPEN, 'vnode.proven': 'proving'}},
    proving: {
      entry: 'prove',
      on: {
        ...WHILE_OPEN,
        'vnode.proved': {target: 'serving', actions: assign({isProven: true})},
      },
    },
    serving: {entry: 'serve', on: WHILE_OPEN},
  },
});
