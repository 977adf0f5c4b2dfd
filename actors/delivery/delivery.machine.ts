/**
 * Delivery: hands one host the hints that are kept for it, once it can take them.
 *
 *   waiting --there are some, and it is there--> delivering --none left, or it is gone--> waiting
 *   delivering --it refused, or was silent--> backingOff --> delivering, or waiting
 *      any --close--> closed
 *
 * Invariants:
 *   1. Nothing is handed over while it waits or backs off, and never more than its window.
 *   2. While the host refuses, pauses grow; the first hint that it takes ends that.
 *   3. After a crash all that was not acknowledged is handed over again: a merge that comes twice
 *      changes nothing.
 */
import {setup} from 'xstate';
import {unbound, unboundDelay, unboundGuard} from '../../src/ports/unbound.js';
import type {DeliveryContext, DeliveryEvent, DeliveryInput} from './delivery.messages.js';

export const deliveryMachine = setup({
  types: {
    context: {} as DeliveryContext,
    events: {} as DeliveryEvent,
    input: {} as DeliveryInput,
  },
  actions: {
    begin: unbound<undefined>('begin'),
    deliver: unbound<undefined>('deliver'),
    pause: unbound<undefined>('pause'),
    raiseCause: ({event}) => {
      throw event.type === 'delivery.failed' ? event.cause : new Error('the delivery failed');
    },
  },
  guards: {canDeliver: unboundGuard('canDeliver')},
  delays: {lookEvery: ({context}) => context.lookEveryMs, backoff: unboundDelay('backoff')},
}).createMachine({
  id: 'delivery',
  context: ({input}) => input,
  entry: 'begin',
  initial: 'waiting',
  on: {'delivery.failed': {actions: 'raiseCause'}, 'delivery.close': '.closed'},
  states: {
    waiting: {
      after: {
        lookEvery: [
          {guard: 'canDeliver', target: 'delivering'},
          {target: 'waiting', reenter: true},
        ],
      },
    },
    delivering: {
      entry: 'deliver',
      exit: 'pause',
      on: {'delivery.refused': 'backingOff', 'delivery.idle': 'waiting'},
    },
    backingOff: {
      after: {backoff: [{guard: 'canDeliver', target: 'delivering'}, {target: 'waiting'}]},
    },
    closed: {type: 'final'},
  },
});
