/**
 * Host: root supervisor of one process. The whole tree:
 *
 *   host
 *     ├─ store              the one database
 *     ├─ topology           the current epoch
 *     ├─ coordinator        quorum reads and writes
 *     ├─ hints              writes kept for owners that could not take them
 *     ├─ delivery.<host>    hands a host its hints
 *     ├─ gossip             who is there, and how busy
 *     ├─ repair             compares and mends with the other owners
 *     ├─ link.<peer>        one a peer
 *     └─ partition.<p>      one a partition owned here
 *          └─ vnode         its shard
 *
 *   opening --> learning --> joining --> announcing --> serving --stop--> draining --> closing
 *      --> leaving --> stopped
 *      stopped before it served: opening --> openingToClose --> closing
 *      any --store lost, or budget spent--> failed
 *
 * Invariants:
 *   1. A crash of one child touches no other; it is restarted after a growing delay, within a
 *      budget.
 *   2. Without its store a host is nothing: the loss of the store is the host's failure.
 *   3. It stops in order: admits nothing new, finishes what it began, closes partitions and the
 *      store, and says goodbye to its peers.
 */
import {assign, sendTo, setup, stopChild} from 'xstate';
import type {AnyActorLogic, AnyActorRef} from 'xstate';
import {unboundGuard, unbound} from '../../src/ports/unbound.js';
import {addCrash, describeError, isSpent, restartDelayMs} from '../../src/supervision.js';
import type {HostContext, HostEvent, HostInput, MadeActor} from './host.messages.js';

type ErrorEvent = {readonly type: string; readonly error: unknown; readonly actorId: string};

/**
 * Children are made at run time, one machine each, which xstate's types for named actors cannot
 * say.
 */
type Spawn = (logic: AnyActorLogic, options: {id: string; input: unknown}) => AnyActorRef;

function start(spawn: unknown, id: string, {logic, input}: MadeActor): Record<string, never> {
  (spawn as Spawn)(logic, {id, input});
  return {};
}

/** Of the grace: while there is progress a host waits for so long. */
const PATIENCE = 10;
/** That the grace is counted in. */
const STEPS = 10;

const asError = (event: unknown): ErrorEvent => event as ErrorEvent;

export const hostMachine = setup({
  types: {context: {} as HostContext, events: {} as HostEvent, input: {} as HostInput},
  actions: {
    assemble: unbound<undefined>('assemble'),
    openDoors: unbound<undefined>('openDoors'),
    tellReady: unbound<undefined>('tellReady'),
    tellCrash: unbound<{child: string; error: unknown}>('tellCrash'),
    scheduleRestart: unbound<{child: string; delayMs: number}>('scheduleRestart'),
    tellStopped: unbound<undefined>('tellStopped'),
    tellFailed: unbound<{failure: unknown}>('tellFailed'),
    closeDoors: unbound<undefined>('closeDoors'),
    shutDoors: unbound<undefined>('shutDoors'),
    closeServices: unbound<undefined>('closeServices'),
    leave: unbound<undefined>('leave'),
    spawnStore: assign(({spawn, context: {crew, storeInput}}) =>
      start(spawn, 'store', {logic: crew.store(), input: storeInput}),
    ),
    spawnTopology: assign(({spawn, context: {crew, topologyInput}}) =>
      start(spawn, 'topology', {logic: crew.topology(), input: topologyInput}),
    ),
    spawnOthers: assign(({spawn, context: {crew}}) => {
      for (const child of crew.others()) {
        start(spawn, child, crew.make(child));
      }

      return {};
    }),
    stopOld: stopChild(({event}) => (event.type === 'host.restart' ? event.child : '')),
    respawn: assign(({spawn, context: {crew}, event}) =>
      event.type === 'host.restart' ? start(spawn, event.child, crew.make(event.child)) : {},
    ),
    countCrash: assign(({context, event}) => {
      const {actorId, error} = asError(event);
      const restarts = (context.crashes[actorId]?.restarts ?? 0) + 1;
      const crash = {restarts, lastError: describeError(error)};
      return {
        crashes: {...context.crashes, [actorId]: crash},
        recentMs: addCrash(context.restartPolicy, context.recentMs, context.nowMs()),
        failure: error,
      };
    }),
  },
  guards: {
    isReady: unboundGuard('isReady'),
    isOver: ({context}) => context.steps + 1 >= STEPS || context.stepsLeft <= 1,
    isHopeless: ({context, event}) => {
      const {actorId} = asError(event);
      const {recentMs, restartPolicy, nowMs} = context;
      const recent = addCrash(restartPolicy, recentMs, nowMs());
      return actorId === 'store' || actorId === 'topology' || isSpent(restartPolicy, recent);
    },
  },
  delays: {
    joinStep: ({context}) => context.joinGraceMs / STEPS,
    drainTime: ({context}) => context.drainMs,
  },
}).createMachine({
  id: 'host',
  context: ({input}) => ({
    ...input,
    crashes: {},
    recentMs: [],
    failure: null,
    steps: 0,
    stepsLeft: 0,
  }),
  entry: 'spawnStore',
  initial: 'opening',
  on: {
    'store.lost': {
      target: '.failed',
      actions: assign({failure: ({event}) => event.failure}),
    },
    'host.stop': '.draining',
    'host.restart': {
      actions: ['stopOld', 'respawn'],
    },
    // Every crash of a child ends here; unhandled, it would take the host and all other children
    // along.
    'xstate.error.actor.*': [
      {guard: 'isHopeless', target: '.failed', actions: 'countCrash'},
      {
        actions: [
          'countCrash',
          {
            type: 'tellCrash',
            params: ({event}: {event: unknown}) => ({
              child: asError(event).actorId,
              error: asError(event).error,
            }),
          },
          {
            type: 'scheduleRestart',
            params: ({context, event}: {context: HostContext; event: unknown}) => ({
              child: asError(event).actorId,
              delayMs: restartDelayMs(context.restartPolicy, context.recentMs),
            }),
          },
        ],
      },
    ],
  },
  states: {
    opening: {on: {'store.ready': 'learning', 'host.stop': 'openingToClose'}},
    // A store can be closed only once it is open.
    openingToClose: {on: {'store.ready': 'closing', 'host.stop': {}}},
    learning: {
      entry: 'spawnTopology',
      on: {
        'host.topology': {target: 'joining', actions: ['assemble', 'spawnOthers']},
        'host.stop': 'closing',
      },
    },
    // Peers that are down make no progress; those that come up as slowly as this host do. Time is
    // counted in steps, of which a stall of this process is one: what came meanwhile is read after
    // its timers.
    joining: {
      entry: assign({steps: 0, stepsLeft: STEPS * PATIENCE}),
      initial: 'waiting',
      states: {
        waiting: {
          after: {
            joinStep: [
              {guard: 'isOver', target: '#host.announcing'},
              {
                target: 'waiting',
                reenter: true,
                actions: assign({
                  steps: ({context}) => context.steps + 1,
                  stepsLeft: ({context}) => context.stepsLeft - 1,
                }),
              },
            ],
          },
          on: {
            'host.progress': [
              {guard: 'isReady', target: '#host.announcing'},
              {actions: assign({steps: 0})},
            ],
          },
        },
      },
    },
    // Serving from the moment that the broker knows every door: then no request finds nobody.
    announcing: {entry: 'openDoors', on: {'host.doorsOpen': 'serving'}},
    serving: {entry: 'tellReady'},
    draining: {
      entry: 'closeDoors',
      after: {drainTime: 'closing'},
      on: {
        'host.stop': {},
        'host.restart': {},
        'host.doorsClosed': {actions: sendTo('coordinator', {type: 'coordinator.drain'})},
        'xstate.done.actor.coordinator': 'closing',
      },
    },
    closing: {
      entry: ['closeServices', sendTo('store', {type: 'store.close'})],
      on: {'host.stop': {}, 'host.restart': {}, 'store.ended': 'leaving'},
    },
    leaving: {
      entry: 'leave',
      on: {'host.stop': {}, 'host.restart': {}, 'host.left': 'stopped'},
    },
    stopped: {type: 'final', entry: 'tellStopped'},
    failed: {
      type: 'final',
      entry: [
        'shutDoors',
        {type: 'tellFailed', params: ({context}) => ({failure: context.failure})},
      ],
    },
  },
});
