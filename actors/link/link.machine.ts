/**
 * Link: a host's way to one other host. Greets until welcomed, then carries batches of items.
 *
 *   greeting --welcomed--> linked --lost--> greeting        any state --stop--> stopped
 *
 * Invariants:
 *   1. Items leave only while linked, and carry the incarnation that welcomed us.
 *   2. Whoever waits for the peer hears of its loss at once, not by a timeout.
 *   3. Told to leave while linked, it says goodbye to the peer, behind all that was posted before.
 *   4. While greeting, a hello leaves every `greetEveryMs`.
 */
import {assign, setup} from 'xstate';
import {unbound} from '../../src/ports/unbound.js';
import type {LinkContext, LinkEvent, LinkInput} from './link.messages.js';

export const linkMachine = setup({
  types: {context: {} as LinkContext, events: {} as LinkEvent, input: {} as LinkInput},
  actions: {
    greet: unbound<undefined>('greet'),
    connect: unbound<{incarnation: string}>('connect'),
    disconnect: unbound<undefined>('disconnect'),
    sayGoodbye: unbound<undefined>('sayGoodbye'),
  },
  delays: {greetEvery: ({context}) => context.greetEveryMs},
}).createMachine({
  id: 'link',
  context: ({input}) => ({...input, incarnation: ''}),
  initial: 'greeting',
  on: {'link.stop': '.stopped'},
  states: {
    greeting: {
      entry: 'greet',
      after: {greetEvery: {target: 'greeting', reenter: true}},
      on: {
        'link.welcomed': {
          target: 'linked',
          actions: assign({incarnation: ({event}) => event.incarnation}),
        },
      },
    },
    linked: {
      entry: {type: 'connect', params: ({context}) => ({incarnation: context.incarnation})},
      exit: ['disconnect', assign({incarnation: ''})],
      on: {
        'link.lost': 'greeting',
        'link.leave': {actions: 'sayGoodbye'},
        'link.welcomed': {
          guard: ({context, event}) => context.incarnation !== event.incarnation,
          target: 'linked',
          reenter: true,
          actions: assign({incarnation: ({event}) => event.incarnation}),
        },
      },
    },
    stopped: {type: 'final'},
  },
});
