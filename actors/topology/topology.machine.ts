/**
 * Topology: holds the document of who owns what, at the last epoch this host has seen.
 *
 *   reading --> choosing --> keeping --> current          choosing --> refused
 *
 * Invariants:
 *   1. A host never goes back to an older epoch than the one it has stored (T24).
 *   2. A host serves one cluster for ever: a document of another cluster is refused.
 *   3. A document is durable here before it is used.
 */
import {assign, setup} from 'xstate';
import {unbound} from '../../src/ports/unbound.js';
import {chooseTopology, TopologyRefused} from '../../src/topology/choose.js';
import type {Topology} from '../../src/topology/document.js';
import type {TopologyContext, TopologyEvent, TopologyInput} from './topology.messages.js';

export const topologyMachine = setup({
  types: {
    context: {} as TopologyContext,
    events: {} as TopologyEvent,
    input: {} as TopologyInput,
  },
  actions: {
    read: unbound<undefined>('read'),
    keep: unbound<{document: Topology | null}>('keep'),
    tellCurrent: unbound<{document: Topology | null}>('tellCurrent'),
    raiseRefusal: ({context}) => {
      throw new TopologyRefused(context.refusal);
    },
    raiseCause: ({event}) => {
      throw event.type === 'topology.failed' ? event.cause : new Error('the topology was lost');
    },
  },
  guards: {isRefused: ({context}) => context.refusal !== ''},
}).createMachine({
  id: 'topology',
  context: ({input}) => ({...input, current: null, refusal: ''}),
  initial: 'reading',
  on: {'topology.failed': {actions: 'raiseCause'}},
  states: {
    reading: {
      entry: 'read',
      on: {
        'topology.read': {
          target: 'choosing',
          actions: assign(({context, event}) => {
            const choice = chooseTopology(event.stored, context.given);
            return typeof choice === 'string' ? {refusal: choice} : {current: choice};
          }),
        },
      },
    },
    choosing: {
      always: [{guard: 'isRefused', actions: 'raiseRefusal'}, {target: 'keeping'}],
    },
    keeping: {
      entry: {type: 'keep', params: ({context}) => ({document: context.current})},
      on: {'topology.kept': 'current'},
    },
    current: {
      entry: {type: 'tellCurrent', params: ({context}) => ({document: context.current})},
    },
  },
});
