/**
 * Exchange: compares what two owners hold of one partition, once, and mends what differs.
 *
 *   comparing --differ--> pausing --> checking --differ again--> mending --> ended
 *       |                                |
 *       +--equal, refused----------------+--------------------> ended
 *       +--differ, and one of both joins--> mending
 *
 * Invariants:
 *   1. Nothing is mended that only one look has shown (T38), except for a vnode that joins: it
 *      takes no harm from a merge too many, and must not miss one.
 *   2. It says `equal` only when every difference of its first look was gone at the second, or was
 *      mended durably at both ends.
 */
import {setup} from 'xstate';
import {unbound} from '../../src/ports/unbound.js';
import type {ExchangeContext, ExchangeEvent, ExchangeInput} from './exchange.messages.js';

export const exchangeMachine = setup({
  types: {
    context: {} as ExchangeContext,
    events: {} as ExchangeEvent,
    input: {} as ExchangeInput,
  },
  actions: {
    compare: unbound<undefined>('compare'),
    check: unbound<undefined>('check'),
    mend: unbound<undefined>('mend'),
    tellEqual: unbound<undefined>('tellEqual'),
    raiseCause: ({event}) => {
      throw event.type === 'exchange.broken' ? event.cause : new Error('the exchange broke');
    },
  },
  delays: {pause: ({context}) => context.pauseMs},
  guards: {isJoining: ({context}) => context.isJoining},
}).createMachine({
  id: 'exchange',
  context: ({input}) => input,
  initial: 'comparing',
  on: {'exchange.broken': {actions: 'raiseCause'}, 'exchange.ended': '.ended'},
  states: {
    comparing: {
      entry: 'compare',
      on: {
        'exchange.same': 'equal',
        'exchange.differ': [{guard: 'isJoining', target: 'mending'}, {target: 'pausing'}],
      },
    },
    pausing: {after: {pause: 'checking'}},
    checking: {
      entry: 'check',
      on: {'exchange.same': 'equal', 'exchange.differ': 'mending'},
    },
    mending: {entry: 'mend', on: {'exchange.same': 'equal'}},
    equal: {type: 'final', entry: 'tellEqual'},
    ended: {type: 'final'},
  },
});
