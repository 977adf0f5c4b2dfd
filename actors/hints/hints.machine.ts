/**
 * Hints: keeps writes for owners that could not take them, until they were delivered
 * (actors/delivery), and coordinates writes that no owner answers for.
 *
 *   settling --> loading --> keeping --a commit failed--> settling
 *                loading --the disk cannot be read--> stalled --> loading
 *      any --close--> closed
 *
 * Invariants:
 *   1. It keeps and shows nothing before every hint on the disk was found again (T17).
 *   2. It opens only after every batch of its predecessor, or of its earlier self, has ended.
 *   3. A disk that cannot be read, or takes nothing, is no crash: it tries again until it can.
 */
import {setup} from 'xstate';
import {unbound} from '../../src/ports/unbound.js';
import type {HintsContext, HintsEvent, HintsInput} from './hints.messages.js';

const RETRY_AFTER_MS = 500;

export const hintsMachine = setup({
  types: {context: {} as HintsContext, events: {} as HintsEvent, input: {} as HintsInput},
  actions: {
    begin: unbound<undefined>('begin'),
    settle: unbound<undefined>('settle'),
    load: unbound<undefined>('load'),
    open: unbound<undefined>('open'),
    rest: unbound<undefined>('rest'),
    tellStalled: unbound<{cause: unknown}>('tellStalled'),
    checkAge: unbound<undefined>('checkAge'),
    raiseCause: ({event}) => {
      throw event.type === 'hints.failed' ? event.cause : new Error('the hints failed');
    },
  },
  delays: {retryAfter: RETRY_AFTER_MS, checkEvery: ({context}) => context.checkEveryMs},
}).createMachine({
  id: 'hints',
  context: ({input}) => input,
  entry: 'begin',
  initial: 'settling',
  on: {'hints.failed': {actions: 'raiseCause'}, 'hints.close': '.closed'},
  states: {
    settling: {entry: 'settle', on: {'hints.settled': 'loading'}},
    loading: {entry: 'load', on: {'hints.loaded': 'keeping', 'hints.unread': 'stalled'}},
    stalled: {
      entry: {
        type: 'tellStalled',
        params: ({event}) => ({cause: event.type === 'hints.unread' ? event.cause : null}),
      },
      after: {retryAfter: 'loading'},
    },
    keeping: {
      entry: 'open',
      exit: 'rest',
      initial: 'watching',
      on: {'hints.commitFailed': 'settling'},
      states: {
        watching: {after: {checkEvery: {target: 'watching', reenter: true, actions: 'checkAge'}}},
      },
    },
    closed: {type: 'final'},
  },
});
