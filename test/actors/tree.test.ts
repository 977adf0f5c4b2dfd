import test from 'ava';
import {assign, createActor, createMachine, setup} from 'xstate';
import {describeTree} from '../../actors/host/tree.js';
import {SimClock} from '../../src/sim/clock.js';

const leaf = createMachine({initial: 'on', states: {on: {initial: 'busy', states: {busy: {}}}}});
const breaks = createMachine({
  on: {
    break: {
      actions: () => {
        throw new Error('broken');
      },
    },
  },
});

/** A host with one partition, whose vnode has crashed before, and one link. */
const start = () => {
  const partition = setup({actors: {vnode: leaf}}).createMachine({
    context: {restarts: 2, lastError: 'Error: once'},
    initial: 'running',
    states: {running: {invoke: {id: 'vnode', src: 'vnode'}}},
  });
  const host = createMachine({
    context: {crashes: {}},
    initial: 'serving',
    states: {serving: {}},
    entry: assign(({spawn}) => {
      spawn(partition, {id: 'partition.7'});
      spawn(breaks, {id: 'link.h2'});
      return {};
    }),
    on: {
      'xstate.error.actor.*': {
        actions: assign({crashes: () => ({'link.h2': {restarts: 1, lastError: 'Error: broken'}})}),
      },
    },
  });
  const actor = createActor(host, {clock: new SimClock()});
  actor.subscribe({error: () => {}});
  return actor.start();
};

test('tree: shows every actor with its state, what waits for it, and its crashes', t => {
  const actor = start();
  const tree = describeTree(actor, 'h1', path => path.length);
  t.deepEqual(tree, {
    id: 'h1',
    state: 'serving',
    mailboxDepth: 'h1'.length,
    restarts: 0,
    lastError: '',
    children: [
      {
        id: 'partition.7',
        state: 'running',
        mailboxDepth: 'h1/partition.7'.length,
        restarts: 0,
        lastError: '',
        children: [
          {
            id: 'vnode',
            state: 'on.busy',
            mailboxDepth: 'h1/partition.7/vnode'.length,
            restarts: 2,
            lastError: 'Error: once',
            children: [],
          },
        ],
      },
      {
        id: 'link.h2',
        state: '',
        mailboxDepth: 'h1/link.h2'.length,
        restarts: 0,
        lastError: '',
        children: [],
      },
    ],
  });
});

test('tree: a crashed actor that waits for its restart is shown as crashed', t => {
  const actor = start();
  const children = actor.getSnapshot().children as Record<
    string,
    {send: (event: {type: string}) => void}
  >;
  children['link.h2']?.send({type: 'break'});
  const link = describeTree(actor, 'h1', () => 0).children.find(({id}) => id === 'link.h2');
  t.like(link, {state: 'crashed', restarts: 1, lastError: 'Error: broken'});
});
