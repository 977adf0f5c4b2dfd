/**
 * Repair: keeps all owners of this host's partitions equal, always on. Begins exchanges when they
 * are due (src/repair/agenda.ts) and each has an actor of its own.
 *
 *   watching --stop--> stopped
 *
 * Invariants:
 *   1. An exchange that crashes takes nothing along; its pair is tried again later.
 *   2. Once told to stop it begins nothing any more.
 */
import {assign, setup, stopChild, type AnyActorLogic, type AnyActorRef} from 'xstate';
import {unbound} from '../../src/ports/unbound.js';
import type {RepairContext, RepairEvent, RepairInput} from './repair.messages.js';

/** Exchanges are made at run time, which xstate's types for named actors cannot say. */
type Spawn = (logic: AnyActorLogic, options: {id: string; input: unknown}) => AnyActorRef;

const idOf = ({event}: {event: unknown}) => (event as {actorId: string}).actorId;

export const repairMachine = setup({
  types: {context: {} as RepairContext, events: {} as RepairEvent, input: {} as RepairInput},
  actions: {
    begin: unbound<undefined>('begin'),
    tellCrash: unbound<{id: string; error: unknown}>('tellCrash'),
    spawnDue: assign(({spawn, context}) => {
      for (let made = context.next(); made !== null; made = context.next()) {
        (spawn as unknown as Spawn)(made.logic, {id: made.id, input: made.input});
      }

      return {};
    }),
    remove: stopChild(idOf),
  },
  delays: {tick: ({context}) => context.tickMs},
}).createMachine({
  id: 'repair',
  context: ({input}) => input,
  entry: 'begin',
  initial: 'watching',
  on: {
    'xstate.done.actor.*': {actions: 'remove'},
    'xstate.error.actor.*': {
      actions: [
        {
          type: 'tellCrash',
          params: ({event}: {event: unknown}) => ({
            id: idOf({event}),
            error: (event as {error: unknown}).error,
          }),
        },
        'remove',
      ],
    },
  },
  states: {
    watching: {
      entry: 'spawnDue',
      after: {tick: {target: 'watching', reenter: true}},
      on: {'repair.wake': {actions: 'spawnDue'}, 'repair.stop': 'stopped'},
    },
    stopped: {type: 'final'},
  },
});
