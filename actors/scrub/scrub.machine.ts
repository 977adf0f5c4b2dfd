/**
 * Scrub: reads every record of the store, slowly and for ever, so that rot is met while the other
 * owners still have what it took.
 *
 *   resting --pause--> reading --read or failed--> resting
 *   resting --pause, the host is busy--> yielding --> reading
 *
 * Invariants:
 *   1. At most one read is under way, and after each it rests.
 *   2. A busy host is left alone, but not for ever: a host that is always busy is scrubbed too.
 */
import {assign, setup} from 'xstate';
import {unbound, unboundDelay, unboundGuard} from '../../src/ports/unbound.js';
import type {ScrubContext, ScrubEvent, ScrubInput} from './scrub.messages.js';

export const scrubMachine = setup({
  types: {context: {} as ScrubContext, events: {} as ScrubEvent, input: {} as ScrubInput},
  actions: {read: unbound<undefined>('read')},
  delays: {pause: unboundDelay('pause'), yield: ({context}) => context.yieldMs},
  guards: {
    isBusy: unboundGuard('isBusy'),
    hasYielded: ({context}) => context.yields >= context.yieldsMax,
  },
}).createMachine({
  id: 'scrub',
  context: ({input}) => ({...input, yields: 0}),
  initial: 'resting',
  states: {
    resting: {
      after: {pause: [{guard: 'isBusy', target: 'yielding'}, {target: 'reading'}]},
    },
    yielding: {
      entry: assign({yields: ({context}) => context.yields + 1}),
      after: {
        yield: [
          {guard: 'hasYielded', target: 'reading'},
          {guard: 'isBusy', target: 'yielding', reenter: true},
          {target: 'reading'},
        ],
      },
    },
    reading: {
      entry: ['read', assign({yields: 0})],
      on: {'scrub.read': 'resting', 'scrub.failed': 'resting'},
    },
  },
});
