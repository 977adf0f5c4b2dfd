/** When a host says that it is ready: its machine alone. */
import test from 'ava';
import {createActor, createMachine} from 'xstate';
import {hostMachine} from '../../actors/host/host.machine.js';
import type {HostInput} from '../../actors/host/host.messages.js';
import {SimClock} from '../../src/sim/clock.js';

const GRACE_MS = 1_000;

/** A host that has opened its store and knows its topology. */
function startJoining() {
  const clock = new SimClock();
  let isReady = false;
  const nothing = () => {};
  const idle = createMachine({});
  const crew = {store: () => idle, topology: () => idle, others: () => [], make: () => idle};
  const machine = hostMachine.provide({
    actions: {assemble: nothing, openDoors: nothing},
    guards: {isReady: () => isReady},
  });
  const input = {
    crew,
    joinGraceMs: GRACE_MS,
    drainMs: GRACE_MS,
    nowMs: () => clock.nowMs(),
  } as unknown as HostInput;
  const host = createActor(machine, {clock, input});
  host.start();
  host.send({type: 'store.ready'} as never);
  host.send({type: 'host.topology'} as never);
  return {
    isJoining: () => !host.getSnapshot().matches('announcing'),
    pass: (ms: number) => clock.run(clock.nowMs() + ms),
    progress: () => host.send({type: 'host.progress'}),
    becomeReady: () => {
      isReady = true;
    },
  };
}

test('joining: a host announces itself as soon as all of it serves', t => {
  const {isJoining, progress, becomeReady} = startJoining();
  progress();
  t.true(isJoining());
  becomeReady();
  progress();
  t.false(isJoining());
});

test('joining: a host waits while partitions and peers come one by one, each in time', t => {
  const {isJoining, progress, pass} = startJoining();
  for (let no = 0; no < 5; no += 1) {
    pass(0.9 * GRACE_MS);
    progress();
    t.true(isJoining());
  }

  pass(0.9 * GRACE_MS);
  t.true(isJoining());
  pass(0.2 * GRACE_MS);
  t.false(isJoining());
});

test('joining: a host does not wait for ever, though something changes all the time', t => {
  const {isJoining, progress, pass} = startJoining();
  for (let no = 0; no < 20; no += 1) {
    pass(0.9 * GRACE_MS);
    progress();
  }

  t.false(isJoining());
});
