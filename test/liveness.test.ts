import test from 'ava';
import {Liveness} from '../src/liveness.js';

test('liveness: a host that nobody has spoken of is up', t => {
  t.is(new Liveness().stateOf('h9'), 'up');
});

test('liveness: listeners hear of changes, and not of repetitions', t => {
  const liveness = new Liveness();
  const heard: string[] = [];
  liveness.onChange((host, state) => heard.push(`${host} ${state}`));
  liveness.set('h1', 'up');
  liveness.set('h1', 'suspect');
  liveness.set('h1', 'suspect');
  liveness.set('h2', 'down');
  liveness.set('h1', 'up');
  t.deepEqual(heard, ['h1 suspect', 'h2 down', 'h1 up']);
  t.deepEqual([liveness.stateOf('h1'), liveness.stateOf('h2')], ['up', 'down']);
});
