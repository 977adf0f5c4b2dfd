/**
 * Coordinator: quorum reads and writes for the requests admitted on this host.
 *
 *   idle <--> busy --drain--> draining --> drained
 *
 * Invariants:
 *   1. Every request is answered exactly once, at the latest by the first tick after its deadline.
 *   2. Draining, it admits nothing new and ends when what it had begun has ended.
 *   3. It ticks only while something is in flight.
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
    workOff: unbound<undefined>('workOff'),
    sweep: unbound<undefined>('sweep'),
  },
  guards: {isIdle: unboundGuard('isIdle')},
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
          {guard: 'isIdle', target: 'idle'},
          {target: 'busy', reenter: true, actions: 'sweep'},
        ],
      },
      on: {'coordinator.mail': {actions: 'work'}, 'coordinator.drain': 'draining'},
    },
    draining: {
      // What was posted before the drain began is answered too.
      entry: 'workOff',
      always: {guard: 'isIdle', target: 'drained'},
      after: {tick: {target: 'draining', reenter: true, actions: 'sweep'}},
      on: {'coordinator.mail': {actions: 'workOff'}},
    },
    drained: {type: 'final'},
  },
});
