import test from 'ava';
import {createActor} from 'xstate';
import {bindDelivery} from '../../actors/delivery/delivery.effects.js';
import {Code} from '../../src/errors.js';
import {valuesOf} from '../helpers/held.js';
import {PARTITION, startHints, type HintsBed} from '../helpers/hints-bed.js';
import type {Held} from '../../src/store/held.js';

type Handed = {readonly held: Held; readonly done: (code: number) => void};

/** A delivery to h1, whose answers the test gives. */
function deliverTo(bed: HintsBed, {isThere = true} = {}) {
  const handed: Handed[] = [];
  const world = {isThere};
  const errors: unknown[] = [];
  const {machine, report, underWay} = bindDelivery({
    ...bed,
    target: 'h1',
    hints: bed.effects,
    isThere: () => world.isThere,
    merge: (_partition, held, done) => handed.push({held, done}),
  });
  const start = () => {
    const made = createActor(machine, {
      clock: bed.clock,
      input: {target: 'h1', lookEveryMs: 250},
    });
    made.subscribe({error: error => errors.push(error)});
    return made.start();
  };
  const actor = start();
  return {
    world,
    errors,
    handed,
    report,
    underWay,
    restart: start,
    state: () => actor.getSnapshot().value,
    names: () => handed.map(({held}) => held.name),
    /** Answers all that is open, oldest first. */
    answer: (code: number) => handed.splice(0).forEach(({done}) => done(code)),
  };
}

function keepMany(bed: HintsBed, count: number): string[] {
  const names = Array.from({length: count}, (_, no) => `k${no}`);
  for (const name of names) {
    bed.keep(name, name, 'x');
    bed.pass(1);
  }

  bed.pass();
  return names;
}

test('delivering: begins once the host is there, the oldest first, a window at a time', t => {
  const bed = startHints({mailboxMax: 1_000});
  const names = keepMany(bed, 30);
  const {world, names: handed, answer, state} = deliverTo(bed, {isThere: false});
  bed.pass(1_000);
  t.deepEqual([handed(), state()], [[], 'waiting']);
  world.isThere = true;
  bed.pass(1_000);
  t.deepEqual([handed(), state()], [names.slice(0, 8), 'delivering']);
  answer(Code.ok);
  bed.pass();
  t.deepEqual(handed(), names.slice(8, 24));
  answer(Code.ok);
  bed.pass();
  t.deepEqual(handed(), names.slice(24));
  answer(Code.ok);
  bed.pass();
  t.deepEqual([state(), bed.onDisk()], ['waiting', []]);
});

test('delivering: what was not acknowledged stays on the disk, and is handed over again', t => {
  const bed = startHints();
  const names = keepMany(bed, 3);
  const {names: handed, handed: open, answer} = deliverTo(bed);
  bed.pass(300);
  t.deepEqual(handed(), names);
  open[0]?.done(Code.ok);
  open
    .splice(0)
    .slice(1)
    .forEach(({done}) => done(Code.unavailable));
  bed.pass();
  t.deepEqual(bed.onDisk(), names.slice(1));
  bed.pass(1_000);
  t.deepEqual(handed().toSorted(), names.slice(1));
  answer(Code.ok);
  bed.pass();
  t.deepEqual(bed.onDisk(), []);
});

test('backing off: a host that is overloaded is left alone, for longer each time', t => {
  const bed = startHints();
  keepMany(bed, 1);
  const {handed, answer, state, report} = deliverTo(bed);
  const pauses: number[] = [];
  bed.pass(300);
  for (let refusal = 0; refusal < 8; refusal += 1) {
    t.is(handed.length, 1);
    answer(Code.overloaded);
    t.is(state(), 'backingOff');
    let pauseMs = 0;
    while (handed.length === 0) {
      bed.pass(10);
      pauseMs += 10;
    }

    pauses.push(pauseMs);
  }

  t.is(report().window, 1);
  t.true((pauses[0] ?? 0) < 250 && (pauses[3] ?? 0) >= 800, String(pauses));
  t.true((pauses[7] ?? 0) >= 5_000 && (pauses[7] ?? 0) < 5_300, String(pauses));
  answer(Code.ok);
  bed.pass();
  t.deepEqual(bed.onDisk(), []);
});

test('merged: a hint that changes while it is handed over is handed over again as it is', t => {
  const bed = startHints();
  bed.keep('first', 'k', 'x', {incarnation: 'a'});
  bed.pass();
  const {handed, answer} = deliverTo(bed);
  bed.pass(300);
  bed.keep('second', 'k', 'y', {incarnation: 'b'});
  bed.pass();
  answer(Code.ok);
  bed.pass();
  t.deepEqual(bed.onDisk(), ['k']);
  bed.pass(500);
  t.deepEqual(valuesOf(handed[0]?.held.object), ['x', 'y']);
  answer(Code.ok);
  bed.pass();
  t.deepEqual(bed.onDisk(), []);
});

test('merged: what another target still lacks stays, and is not handed over to this one', t => {
  const bed = startHints();
  bed.keep('keep', 'k', 'x', {targets: ['h1', 'h2']});
  bed.pass();
  const {handed, answer, state} = deliverTo(bed);
  bed.pass(300);
  answer(Code.ok);
  bed.pass(1_000);
  t.deepEqual([handed.length, state()], [0, 'waiting']);
  t.deepEqual(bed.onDisk(), ['k']);
});

test('crash: what was under way is handed over again, and an old answer still counts', t => {
  const bed = startHints();
  keepMany(bed, 2);
  const {handed, restart, errors, names} = deliverTo(bed);
  bed.pass(300);
  const [first, second] = handed.splice(0);
  bed.failpoints.arm('hint.delivered', 'crash');
  first?.done(Code.ok);
  t.is(errors.length, 1);
  second?.done(Code.ok);
  bed.pass();
  t.deepEqual(bed.onDisk(), ['k0']);
  restart();
  bed.pass(300);
  t.deepEqual(names(), ['k0']);
});

test('gone: a host that is lost half-way is waited for', t => {
  const bed = startHints();
  keepMany(bed, 3);
  const {world, answer, state, handed} = deliverTo(bed);
  bed.pass(300);
  world.isThere = false;
  answer(Code.unavailable);
  bed.pass(1_000);
  t.deepEqual([state(), handed.length], ['waiting', 0]);
  world.isThere = true;
  bed.pass(1_000);
  t.is(handed.length, 3);
});

test('hints restart: deliveries go on with what was found again', t => {
  const bed = startHints();
  keepMany(bed, 2);
  const {handed, answer} = deliverTo(bed);
  bed.pass(300);
  bed.actor.stop();
  bed.restart();
  bed.pass();
  answer(Code.ok);
  bed.pass();
  t.deepEqual(bed.onDisk(), ['k0', 'k1']);
  bed.pass(500);
  t.is(handed.length, 2);
  answer(Code.ok);
  bed.pass();
  t.deepEqual(bed.onDisk(), []);
});

test('progress: tells how many are left, how old they are, how fast they go, and until when', t => {
  const bed = startHints({mailboxMax: 1_000});
  keepMany(bed, 20);
  const {report, answer} = deliverTo(bed);
  t.like(report(), {target: 'h1', count: 20, perSecond: 0, etaMs: null});
  bed.pass(300);
  answer(Code.ok);
  bed.pass(10);
  const {count, perSecond, etaMs, bytes, oldestAgeMs} = report();
  t.is(count, 12);
  t.true(perSecond > 0 && (etaMs ?? 0) > 0 && bytes > 0 && (oldestAgeMs ?? 0) > 0);
});

test('poison: a hint that the host refuses for good does not keep the others from it', t => {
  const bed = startHints();
  keepMany(bed, 5);
  const {handed} = deliverTo(bed);
  for (let round = 0; round < 40 && bed.onDisk().length > 1; round += 1) {
    bed.pass(6_000);
    for (const {held, done} of handed.splice(0)) {
      done(held.name === 'k0' ? Code.badRequest : Code.ok);
    }
  }

  t.deepEqual(bed.onDisk(), ['k0']);
  t.truthy(bed.effects.keeper.index.find(PARTITION, 'k0'));
});
