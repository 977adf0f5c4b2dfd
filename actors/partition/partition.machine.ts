/**
 * Partition: the life of one partition on this host. Supervises its vnode and opens its gate.
 *
 *   running.opening --> running.joining --> running.serving      (and back to opening)
 *      running --vnode crashed--> backingOff --> running
 *      any --close--> closed                 running --budget spent--> failed
 *
 * Invariants:
 *   1. The gate admits requests exactly while the vnode serves: they join the queue group when it
 *      is ready and leave it before it goes (T52). While it joins, the gate is open for merges
 *      alone.
 *   2. A crash of the vnode touches no other partition; it comes back after a growing delay.
 *   3. A vnode that crashes too often takes the partition down with it, visibly, and the host
 *      decides.
 *   4. A vnode that is restarted never continues its predecessor's incarnation.
 *   5. Only a vnode that serves when the partition closes is sealed.
 */
import {assign, sendTo, setup} from 'xstate';
import {unbound} from '../../src/ports/unbound.js';
import {addCrash, describeError, isSpent, restartDelayMs} from '../../src/supervision.js';
import {vnodeMachine} from '../vnode/vnode.machine.js';
import type {PartitionContext, PartitionEvent, PartitionInput} from './partition.messages.js';

export const partitionMachine = setup({
  types: {
    context: {} as PartitionContext,
    events: {} as PartitionEvent,
    input: {} as PartitionInput,
  },
  actors: {vnode: vnodeMachine},
  actions: {
    begin: unbound<undefined>('begin'),
    seal: unbound<undefined>('seal'),
    openGate: unbound<undefined>('openGate'),
    closeGate: unbound<undefined>('closeGate'),
    tellCrash: unbound<{error: string}>('tellCrash'),
    giveUp: ({context}) => {
      throw new Error(`the vnode crashed too often, last with ${context.lastError}`);
    },
  },
  guards: {
    isSpent: ({context}) => isSpent(context.restartPolicy, context.recentMs),
  },
  delays: {
    restartDelay: ({context}) => restartDelayMs(context.restartPolicy, context.recentMs),
  },
}).createMachine({
  id: 'partition',
  context: ({input}) => ({...input, restarts: 0, recentMs: [], lastError: ''}),
  entry: 'begin',
  initial: 'running',
  on: {'partition.close': '.closed'},
  states: {
    running: {
      initial: 'opening',
      invoke: {
        id: 'vnode',
        src: 'vnode',
        input: ({context: {partition, mayContinue}}) => ({partition, mayContinue}),
        onError: {
          target: 'crashed',
          actions: assign({
            restarts: ({context}) => context.restarts + 1,
            recentMs: ({context}) =>
              addCrash(context.restartPolicy, context.recentMs, context.nowMs()),
            lastError: ({event}) => describeError(event.error),
            mayContinue: false,
          }),
        },
      },
      states: {
        opening: {on: {'partition.serving': 'serving', 'partition.joining': 'joining'}},
        joining: {
          entry: 'openGate',
          exit: 'closeGate',
          on: {
            'partition.closed': 'opening',
            'partition.serving': 'serving',
            'partition.proven': {actions: sendTo('vnode', {type: 'vnode.proven'})},
          },
        },
        serving: {
          entry: 'openGate',
          exit: 'closeGate',
          on: {
            'partition.closed': 'opening',
            'partition.close': {target: '#partition.closed', actions: 'seal'},
          },
        },
      },
    },
    crashed: {
      entry: {type: 'tellCrash', params: ({context}) => ({error: context.lastError})},
      always: [{guard: 'isSpent', target: 'failed'}, {target: 'backingOff'}],
    },
    backingOff: {after: {restartDelay: 'running'}},
    failed: {entry: 'giveUp'},
    closed: {type: 'final'},
  },
});
