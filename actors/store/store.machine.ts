/**
 * Store: sole owner of the host's one database. Commits in groups: one batch under way, the next
 * gathering.
 *
 *   opening --> idle <--> committing <--> lingering
 *      |                      |
 *      |                      +--close--> finishing <--> flushing --> closing --> closed
 *      |                      |
 *      |                      +--damaged--> condemning --> lost
 *      +--damaged--> salvaging --> idle
 *
 * Invariants:
 *   1. At most one commit is under way.
 *   2. A failed commit fails everything decided on top of it; the store goes on only when the disk
 *      was full.
 *   3. A store that is suspect or corrupt serves nothing. Found so at its opening, it is salvaged
 *      first; found so later, that is noted durably before the store ends, and the next opening
 *      salvages it.
 *   4. Closing commits what has gathered first.
 *   5. A commit that does not end ends the store (commit-watch.ts).
 *   6. Under load a commit starts no sooner than `lingerMs` after the one before: what a commit and
 *      its sync cost is shared by more operations. A lone write never waits.
 */
import {assign, setup} from 'xstate';
import {StorageFailure, type OpenReport} from '../../src/ports/storage.js';
import {unbound, unboundDelay, unboundGuard} from '../../src/ports/unbound.js';
import type {StoreContext, StoreEvent, StoreInput} from './store.messages.js';

const failureOf = ({event}: {event: {failure: StorageFailure}}) => ({failure: event.failure});
const fail = {type: 'fail', params: failureOf} as const;
/** What ends the store: of the first failure, when the note of it fails as well. */
const cause = ({context, event}: {context: StoreContext; event: StoreEvent}) => ({
  failure: context.failure ?? failureIn(event),
});

export const storeMachine = setup({
  types: {context: {} as StoreContext, events: {} as StoreEvent, input: {} as StoreInput},
  actions: {
    open: unbound<undefined>('open'),
    salvage: unbound<{failure: StorageFailure}>('salvage'),
    condemn: unbound<{failure: StorageFailure}>('condemn'),
    commit: unbound<undefined>('commit'),
    succeed: unbound<undefined>('succeed'),
    fail: unbound<{failure: StorageFailure}>('fail'),
    close: unbound<undefined>('close'),
    tellReady: unbound<{report: OpenReport}>('tellReady'),
    tellLost: unbound<{failure: StorageFailure}>('tellLost'),
    tellEnded: unbound<undefined>('tellEnded'),
  },
  delays: {syncEvery: ({context}) => context.syncEveryMs, linger: unboundDelay('linger')},
  guards: {
    hasGathered: unboundGuard('hasGathered'),
    // More has gathered, but the last commit was large and is not long ago.
    mustLinger: unboundGuard('mustLinger'),
    // Only with `durability: interval`: the last commit before a silence is synced too.
    hasUnsynced: unboundGuard('hasUnsynced'),
    // After any other failure the engine takes nothing more until it is opened anew, by a new
    // process.
    canGoOn: ({event}) => event.type === 'store.failed' && event.failure.code === 'FULL',
    isDamaged: ({event}) => event.type === 'store.failed' && event.failure.code === 'CORRUPT',
  },
}).createMachine({
  id: 'store',
  context: ({input}) => ({failure: null, syncEveryMs: input.syncEveryMs}),
  initial: 'opening',
  // Damage is noticed by whoever meets it, at any time, and nothing beside it may be trusted.
  on: {'store.damaged': {target: '.condemning', actions: fail}},
  states: {
    opening: {
      entry: 'open',
      on: {
        'store.opened': {
          target: 'idle',
          actions: {type: 'tellReady', params: ({event}) => ({report: event.report})},
        },
        'store.failed': [{guard: 'isDamaged', target: 'salvaging'}, {target: 'lost'}],
      },
    },
    salvaging: {
      entry: {type: 'salvage', params: cause},
      on: {
        'store.opened': {
          target: 'idle',
          actions: {type: 'tellReady', params: ({event}) => ({report: event.report})},
        },
        'store.failed': 'lost',
      },
    },
    idle: {
      always: {guard: 'hasGathered', target: 'committing'},
      on: {
        'store.gathered': [{guard: 'mustLinger', target: 'lingering'}, {target: 'committing'}],
        'store.close': 'flushing',
      },
    },
    lingering: {
      after: {linger: 'committing'},
      on: {'store.close': 'flushing'},
    },
    unsynced: {
      after: {syncEvery: 'committing'},
      on: {'store.gathered': 'committing', 'store.close': 'flushing'},
    },
    committing: {
      entry: 'commit',
      on: {
        // One step each: a busy host comes by hundreds of times a second.
        'store.committed': [
          {guard: 'mustLinger', target: 'lingering', actions: 'succeed'},
          {guard: 'hasGathered', target: 'committing', reenter: true, actions: 'succeed'},
          {guard: 'hasUnsynced', target: 'unsynced', actions: 'succeed'},
          {target: 'idle', actions: 'succeed'},
        ],
        'store.failed': [
          {guard: 'canGoOn', target: 'idle', actions: fail},
          {guard: 'isDamaged', target: 'condemning', actions: fail},
          {target: 'lost', actions: fail},
        ],
        'store.close': 'finishing',
      },
    },
    // The commit under way ends, then whatever gathered behind it goes too.
    finishing: {
      on: {
        'store.committed': {target: 'flushing', actions: 'succeed'},
        'store.failed': {target: 'flushing', actions: fail},
      },
    },
    flushing: {
      always: [{guard: 'hasGathered', target: 'finishing', actions: 'commit'}, {target: 'closing'}],
    },
    closing: {
      entry: 'close',
      on: {
        'store.closed': 'closed',
        'store.failed': [{guard: 'isDamaged', target: 'condemning'}, {target: 'lost'}],
      },
    },
    condemning: {
      entry: [assign(cause), {type: 'condemn', params: cause}],
      on: {'store.condemned': 'lost', 'store.failed': 'lost', 'store.damaged': {}},
    },
    closed: {type: 'final', entry: 'tellEnded'},
    lost: {
      type: 'final',
      entry: [assign(cause), {type: 'tellLost', params: cause}],
    },
  },
});

function failureIn(event: StoreEvent): StorageFailure {
  return 'failure' in event ? event.failure : new StorageFailure('IO', 'the store was lost');
}
