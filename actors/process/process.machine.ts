/**
 * Process: one operating-system process that is kept running until it is told to stop.
 *
 *   starting --ready--> running --exited--> waiting --backoff--> starting
 *      |                   |                   |
 *      +------ stop -------+--> stopping       +-- stop --> gone
 *                                  | exited
 *   an exit that ends it --------> gone
 *
 * Invariants:
 *   1. A new process is launched only after the last one was seen to exit.
 *   2. Nothing is launched after a stop was asked.
 *   3. The delay before a restart doubles from half a second to half a minute, and starts over
 *      after a ready minute.
 *   4. An exit that a restart cannot cure ends it, and so do five failures of one that never got
 *      ready.
 *   5. A stop or a start that outlasts its time ends in a kill, never in waiting for ever.
 *   6. Asked a second time to stop, it is killed at once.
 */
import {assign, setup} from 'xstate';
import {unbound} from '../../src/ports/unbound.js';
import type {
  Exit,
  ProcessContext,
  ProcessEvent,
  ProcessInput,
  ProcessReport,
} from './process.messages.js';

const firstBackoffMs = 500;
const longestBackoffMs = 30_000;
const stableAfterMs = 60_000;
const triesBeforeReady = 5;

/** The delay before the restart that follows `failures` failures in a row. */
export const backoffMs = (failures: number): number =>
  Math.min(longestBackoffMs, firstBackoffMs * 2 ** (failures - 1));

type Exited = {context: ProcessContext; event: {exit: Exit}};

const isLast = ({context, event}: Exited): boolean =>
  !context.restart ||
  context.isIncurable(event.exit.code) ||
  (!context.wasReady && context.failures + 1 >= triesBeforeReady);

const report = (value: ProcessReport) => ({report: value});
const exitedForGood = ({event}: Exited) =>
  report({kind: 'exited', exit: event.exit, restartInMs: null});
const exitedForNow = ({context, event}: Exited) =>
  report({kind: 'exited', exit: event.exit, restartInMs: backoffMs(context.failures + 1)});

export const processMachine = setup({
  types: {
    context: {} as ProcessContext,
    events: {} as ProcessEvent,
    input: {} as ProcessInput,
  },
  // Effects are named here and bound in process.effects.ts; this file performs no I/O.
  actions: {
    launch: unbound<undefined>('launch'),
    askToStop: unbound<undefined>('askToStop'),
    kill: unbound<undefined>('kill'),
    tell: unbound<{report: ProcessReport}>('tell'),
  },
  delays: {
    backoff: ({context}) => backoffMs(context.failures),
    startTimeout: ({context}) => context.startTimeoutMs,
    stopTimeout: ({context}) => context.stopTimeoutMs,
    stable: stableAfterMs,
  },
}).createMachine({
  id: 'process',
  context: ({input}) => ({...input, failures: 0, wasReady: false}),
  initial: 'alive',
  states: {
    alive: {
      initial: 'starting',
      on: {
        'process.exited': [
          {guard: isLast, target: 'gone', actions: {type: 'tell', params: exitedForGood}},
          {target: 'waiting', actions: {type: 'tell', params: exitedForNow}},
        ],
        'keep.stop': 'stopping',
      },
      states: {
        starting: {
          entry: 'launch',
          initial: 'patient',
          states: {
            patient: {
              after: {startTimeout: 'overdue'},
              on: {'process.progressed': {target: 'patient', reenter: true}},
            },
            overdue: {entry: [{type: 'tell', params: report({kind: 'overdue'})}, 'kill']},
          },
          on: {
            'process.ready': {
              target: 'running',
              actions: [assign({wasReady: true}), {type: 'tell', params: report({kind: 'ready'})}],
            },
          },
        },
        running: {after: {stable: {actions: assign({failures: 0})}}},
      },
    },
    waiting: {
      entry: assign({failures: ({context}) => context.failures + 1}),
      after: {backoff: 'alive'},
      on: {'keep.stop': 'gone'},
    },
    stopping: {
      entry: 'askToStop',
      after: {
        stopTimeout: {actions: [{type: 'tell', params: report({kind: 'overdue'})}, 'kill']},
      },
      on: {
        'process.exited': {target: 'gone', actions: {type: 'tell', params: exitedForGood}},
        'keep.stop': {actions: 'kill'},
      },
    },
    gone: {type: 'final'},
  },
});
