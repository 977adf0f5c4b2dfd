/**
 * Gossip: who is there, and how busy. Two things at once: its pulse, and whether it may trust its
 * eyes.
 *
 *   pulse: beating --tick--> beating
 *   sight: settling --grace--> watching        any --cutOff--> cutOff --connected--> settling
 *
 * Invariants:
 *   1. It beats in every state, also without a broker: that is how it notices its own delays.
 *   2. It convicts nobody but while watching: not without its broker, nor shortly after.
 */
import {setup} from 'xstate';
import {unbound} from '../../src/ports/unbound.js';
import type {GossipContext, GossipEvent, GossipInput} from './gossip.messages.js';

export const gossipMachine = setup({
  types: {context: {} as GossipContext, events: {} as GossipEvent, input: {} as GossipInput},
  actions: {
    begin: unbound<undefined>('begin'),
    beat: unbound<undefined>('beat'),
    settle: unbound<undefined>('settle'),
    trust: unbound<undefined>('trust'),
    holdBack: unbound<undefined>('holdBack'),
  },
  delays: {
    tick: ({context}) => context.tickMs,
    grace: ({context}) => context.graceMs,
  },
}).createMachine({
  id: 'gossip',
  context: ({input}) => ({...input}),
  entry: 'begin',
  type: 'parallel',
  states: {
    pulse: {
      initial: 'beating',
      states: {
        beating: {after: {tick: {target: 'beating', reenter: true, actions: 'beat'}}},
      },
    },
    sight: {
      initial: 'settling',
      on: {'gossip.cutOff': '.cutOff'},
      states: {
        settling: {entry: 'settle', after: {grace: 'watching'}},
        watching: {entry: 'trust'},
        cutOff: {entry: 'holdBack', on: {'gossip.connected': 'settling'}},
      },
    },
  },
});
