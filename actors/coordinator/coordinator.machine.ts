/**
 * Coordinator: quorum reads and writes for the requests admitted on this host.
 *
 *   idle <--> busy --drain--> draining --> drained
 *
 * Invariants:
 *   1. Every request is answered exactly once, at the latest by the first tick after its deadline.
 *   2. Told to drain once no request can arrive any more, it ends when all that had arrived has
 *      ended.
 *   3. It ticks only while something is in flight, or lingers: a write that is answered and whose
 *      last copies are still under way. Told to drain it does not wait for those.
 */
import {setup} from 'xstate';
import {unbound, unboundGuard} from '../../src/ports/unbound.js';
import type {
  CoordinatorContext,
  CoordinatorEvent,
  CoordinatorInput,
} from './coordinator.messages.js';

export const coordinatorMachine = setup({
  types: {
    context: {} as CoordinatorContext,
    events: {} as CoordinatorEvent,
    input: {} as CoordinatorInput,
  },
  actions: {
    begin: unbound<undefined>('begin'),
    work: unbound<undefined>('work'),
    sweep: unbound<undefined>('sweep'),
  },
  guards: {isIdle: unboundGuard('isIdle'), isQuiet: unboundGuard('isQuiet')},
  delays: {tick: ({context}) => context.tickMs},
}).createMachine({
  id: 'coordinator',
  context: ({input}) => ({...input}),
  entry: 'begin',
  initial: 'idle',
  states: {
    idle: {
      on: {
        'coordinator.mail': {target: 'busy', actions: 'work'},
        'coordinator.drain': 'draining',
      },
    },
    busy: {
      after: {
        tick: [
          {guard: 'isQuiet', target: 'idle'},
          {target: 'busy', reenter: true, actions: 'sweep'},
        ],
      },
      on: {'coordinator.mail': {actions: 'work'}, 'coordinator.drain': 'draining'},
    },
    draining: {
      // The doors are closed: what waits now, or still comes, was on its way before and is carried
      // out.
      entry: 'work',
      always: {guard: 'isIdle', target: 'drained'},
      after: {tick: {target: 'draining', reenter: true, actions: 'sweep'}},
      on: {'coordinator.mail': {actions: 'work'}},
    },
    drained: {type: 'final'},
  },
});
