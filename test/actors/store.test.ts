import test from 'ava';
import {createActor} from 'xstate';
import {bindStore, type Durability} from '../../actors/store/store.effects.js';
import {storeMachine} from '../../actors/store/store.machine.js';
import type {StoreEvent, StoreReport} from '../../actors/store/store.messages.js';
import {Failpoints} from '../../src/failpoints.js';
import {MerkleTree} from '../../src/merkle/tree.js';
import {StorageFailure} from '../../src/ports/storage.js';
import {SimClock} from '../../src/sim/clock.js';
import {drive} from '../drive.js';
import {heldOf} from '../helpers/held.js';
import {SlowStorage} from '../helpers/slow-storage.js';

const report = {fresh: true, clean: true, suspect: null, salvaged: null};
const opened: StoreEvent = {type: 'store.opened', report};
const gathered: StoreEvent = {type: 'store.gathered'};
const committed: StoreEvent = {type: 'store.committed'};
const close: StoreEvent = {type: 'store.close'};
const closed: StoreEvent = {type: 'store.closed'};
const condemned: StoreEvent = {type: 'store.condemned'};
const io = new StorageFailure('IO', 'refused');
const full = new StorageFailure('FULL', 'no space left');
const corrupt = new StorageFailure('CORRUPT', 'damaged');
const failed = (failure: StorageFailure): StoreEvent => ({type: 'store.failed', failure});

/**
 * Drives a store that has opened and drops what opening asked for. `gathers`: whether more waits,
 * question by question.
 */
const driveOpen = (events: readonly StoreEvent[], gathers: readonly boolean[] = []) => {
  const answers = [false, ...gathers];
  const machine = storeMachine.provide({
    guards: {
      hasGathered: () => answers.shift() ?? false,
      hasUnsynced: () => false,
      mustLinger: () => false,
    },
  });
  const {state, effects} = drive(machine, {syncEveryMs: 100}, [opened, ...events]);
  return {state, effects: effects.slice(2)};
};

test('opening: a store that is open tells its parent with what it found', t => {
  const machine = storeMachine.provide({guards: {hasGathered: () => false}});
  const {state, effects} = drive(machine, {syncEveryMs: 100}, [opened]);
  t.is(state, 'idle');
  t.deepEqual(effects, [{type: 'open'}, {type: 'tellReady', report}]);
});

test('opening: a store that does not open is lost, and nothing is served', t => {
  const {state, effects} = drive(storeMachine, {syncEveryMs: 100}, [failed(io), gathered, opened]);
  t.is(state, 'lost');
  t.deepEqual(effects, [{type: 'open'}, {type: 'tellLost', failure: io}]);
});

test('commit: at most one is under way, however much gathers meanwhile', t => {
  const {state, effects} = driveOpen([gathered, gathered, gathered]);
  t.is(state, 'committing');
  t.deepEqual(effects, [{type: 'commit'}]);
});

test('commit: what gathered behind one goes at once when it ends', t => {
  const {state, effects} = driveOpen([gathered, committed], [true]);
  t.is(state, 'committing');
  t.deepEqual(effects, [{type: 'commit'}, {type: 'succeed'}, {type: 'commit'}]);
});

test('commit: a full disk fails the batch, and the store goes on', t => {
  const {state, effects} = driveOpen([gathered, failed(full)]);
  t.is(state, 'idle');
  t.deepEqual(effects, [{type: 'commit'}, {type: 'fail', failure: full}]);
});

test('commit: a disk that refuses fails the batch and loses the store', t => {
  const {state, effects} = driveOpen([gathered, failed(io), gathered]);
  t.is(state, 'lost');
  t.deepEqual(effects, [
    {type: 'commit'},
    {type: 'fail', failure: io},
    {type: 'tellLost', failure: io},
  ]);
});

/** Where damage may be noticed while the store runs, also by a compaction: then commits fail. */
const DAMAGES: Readonly<Record<string, readonly StoreEvent[]>> = {
  'met by a read': [{type: 'store.damaged', failure: corrupt}],
  'met by a read during a commit': [gathered, {type: 'store.damaged', failure: corrupt}],
  'met by a compaction': [gathered, failed(corrupt)],
  'met by the close': [close, failed(corrupt)],
};

for (const [damage, events] of Object.entries(DAMAGES)) {
  test(`damage: ${damage} it is noted durably before the store ends`, t => {
    const before = driveOpen([...events, gathered, committed]);
    t.is(before.state, 'condemning');
    t.deepEqual(before.effects.at(-1), {type: 'condemn', failure: corrupt});
    for (const noted of [condemned, failed(full)]) {
      const {state, effects} = driveOpen([...events, noted]);
      t.is(state, 'lost');
      t.deepEqual(effects.at(-1), {type: 'tellLost', failure: corrupt});
    }
  });
}

test('opening: a damaged store is salvaged first, and what was found is told', t => {
  const machine = storeMachine.provide({guards: {hasGathered: () => false}});
  const events = [failed(corrupt), opened];
  const {state, effects} = drive(machine, {syncEveryMs: 100}, events);
  t.is(state, 'idle');
  t.deepEqual(effects, [
    {type: 'open'},
    {type: 'salvage', failure: corrupt},
    {type: 'tellReady', report},
  ]);
});

test('opening: a store that cannot be salvaged is lost, and nothing is tried in a circle', t => {
  for (const failure of [full, corrupt]) {
    const events = [failed(corrupt), failed(failure)];
    const {state, effects} = drive(storeMachine, {syncEveryMs: 100}, events);
    t.is(state, 'lost');
    t.deepEqual(effects.at(-1), {type: 'tellLost', failure});
  }
});

test('close: an idle store closes at once and says so', t => {
  const {state, effects} = driveOpen([close, closed]);
  t.is(state, 'closed');
  t.deepEqual(effects, [{type: 'close'}, {type: 'tellEnded'}]);
});

test('close: what is under way ends, and what has gathered is committed first', t => {
  const {state, effects} = driveOpen([gathered, close, committed, committed], [true, false]);
  t.is(state, 'closing');
  t.deepEqual(
    effects.map(({type}) => type),
    ['commit', 'succeed', 'commit', 'succeed', 'close'],
  );
});

test('close: a commit that fails meanwhile fails its batch; the store closes all the same', t => {
  const {state, effects} = driveOpen([gathered, close, failed(io), closed]);
  t.is(state, 'closed');
  t.deepEqual(
    effects.map(({type}) => type),
    ['commit', 'fail', 'close', 'tellEnded'],
  );
});

test('close: a store that cannot close is lost', t => {
  const {state, effects} = driveOpen([close, failed(io)]);
  t.is(state, 'lost');
  t.deepEqual(effects, [{type: 'close'}, {type: 'tellLost', failure: io}]);
});

/** A running store on a storage whose calls end when the test says so. */
function start(durability: Durability = 'fsync') {
  const clock = new SimClock();
  const storage = new SlowStorage();
  const reports: StoreReport[] = [];
  const failpoints = new Failpoints(() => {});
  const options = {
    operationsMax: 100,
    bytesMax: 1e6,
    cacheBytes: 1e6,
    readsAtOnce: 3,
    durability,
    syncEveryMs: 100,
    lingerMs: 5,
  };
  const ports = {storage, clock, failpoints, report: (r: StoreReport) => reports.push(r)};
  const {machine, objects} = bindStore(ports, options);
  const errors: unknown[] = [];
  const actor = createActor(machine, {clock, input: {syncEveryMs: 100}});
  actor.subscribe({error: error => errors.push(error)});
  actor.start();
  const heard: string[] = [];
  const write = (name: string) =>
    objects.write(
      {partition: 1, copies: 3, name, held: heldOf(name, 'x'), leaf: 0, tree: new MerkleTree()},
      failure => heard.push(`${name} ${failure?.code ?? 'durable'}`),
    );
  const endTurn = () => clock.run(clock.nowMs());
  const open = () => storage.opens.shift()?.(null, report);
  return {actor, clock, storage, reports, failpoints, objects, errors, heard, write, endTurn, open};
}

test('opening: a store that lost synced commits is salvaged before it serves anything', t => {
  const {storage, reports, actor} = start();
  storage.opens.shift()?.(null, {
    fresh: false,
    clean: false,
    suspect: '3 commits are gone',
    salvaged: null,
  });
  t.is(actor.getSnapshot().value, 'salvaging');
  const [salvage] = storage.salvages;
  t.regex(salvage?.why ?? '', /3 commits are gone/);
  t.like(reports, [{type: 'store.salvaging', records: 0, bytes: 0}]);
  const salvaged = {why: '', records: 5, bytes: 50, damagedPlaces: 1, keptAt: ''};
  const found = {fresh: false, clean: false, suspect: null, salvaged};
  salvage?.done(null, found);
  t.is(actor.getSnapshot().value, 'idle');
  t.deepEqual(reports.slice(1), [{type: 'store.ready', report: found}]);
});

test('opening: people are told of a salvage about once a second', t => {
  const {storage, reports, clock} = start();
  storage.opens.shift()?.(corrupt, null);
  for (const atMs of [300, 900, 1_000, 1_500, 2_100]) {
    clock.run(atMs);
    storage.salvages[0]?.salvager.progress(atMs, atMs * 10);
  }
  t.deepEqual(
    reports.map(told => (told.type === 'store.salvaging' ? told.records : null)),
    [0, 1_000, 2_100],
  );
});

test('opening: an engine that neither opens nor says why is a failure too', t => {
  const {storage, actor} = start();
  storage.opens.shift()?.(null, null);
  t.is(actor.getSnapshot().context.failure?.code, 'IO');
});

test('commit: all writes of one turn are one synced commit', t => {
  const {storage, open, write, endTurn, heard} = start();
  open();
  write('a');
  write('b');
  t.is(storage.commits.length, 0);
  endTurn();
  t.deepEqual(
    storage.commits.map(({sync, operations}) => [sync, operations.length]),
    [[true, 3]],
  );
  t.deepEqual(heard, []);
  storage.commits[0]?.done(null);
  t.deepEqual(heard, ['a durable', 'b durable']);
});

test('commit: what gathers while one is under way goes with the next', t => {
  const {storage, open, write, endTurn, heard} = start();
  open();
  write('a');
  endTurn();
  write('b');
  endTurn();
  t.is(storage.commits.length, 1);
  storage.commits[0]?.done(null);
  t.is(storage.commits.length, 2);
  t.deepEqual(heard, ['a durable']);
});

test('commit: a failed one fails all that was decided on top of it, and later writes go on', t => {
  const {storage, open, write, endTurn, heard} = start();
  open();
  write('a');
  endTurn();
  write('b');
  storage.commits[0]?.done(full);
  t.deepEqual(heard, ['a FULL', 'b FULL']);
  write('c');
  endTurn();
  storage.commits[1]?.done(null);
  t.deepEqual(heard.slice(2), ['c durable']);
});

test('opening: what was written before the store was open goes as soon as it is', t => {
  const {storage, open, write, endTurn} = start();
  write('a');
  endTurn();
  t.is(storage.commits.length, 0);
  open();
  t.is(storage.commits.length, 1);
});

test('linger: after a large commit the next one starts some milliseconds after its start', t => {
  const {storage, open, write, clock, endTurn} = start();
  open();
  const writeMany = (from: string) =>
    Array.from({length: 8}, (_, i) => write(`${from}${i}`)) && endTurn();
  writeMany('a');
  writeMany('b');
  clock.run(2);
  storage.commits[0]?.done(null);
  clock.run(4);
  t.is(storage.commits.length, 1);
  clock.run(5);
  t.is(storage.commits.length, 2);
  clock.run(6);
  storage.commits[1]?.done(null);
  write('c');
  clock.run(9);
  t.is(storage.commits.length, 2);
  clock.run(10);
  t.is(storage.commits.length, 3);
});

test('linger: after a small commit, or a long one, nothing waits', t => {
  const {storage, open, write, clock, endTurn} = start();
  open();
  write('a');
  endTurn();
  write('b');
  storage.commits[0]?.done(null);
  t.is(storage.commits.length, 2);
  Array.from({length: 8}, (_, i) => write(`c${i}`));
  endTurn();
  storage.commits[1]?.done(null);
  write('d');
  clock.run(6);
  storage.commits[2]?.done(null);
  t.is(storage.commits.length, 4);
});

test('linger: closing does not wait', t => {
  const {storage, open, write, endTurn, actor} = start();
  open();
  Array.from({length: 8}, (_, i) => write(`a${i}`));
  endTurn();
  write('b');
  endTurn();
  storage.commits[0]?.done(null);
  t.is(actor.getSnapshot().value, 'lingering');
  actor.send({type: 'store.close'});
  t.is(storage.commits.length, 2);
});

test('durability interval: syncs at most every interval, and once more after the last write', t => {
  const {storage, open, write, clock, endTurn, heard} = start('interval');
  open();
  const commitNow = (name: string) => {
    write(name);
    endTurn();
    storage.commits.at(-1)?.done(null);
  };
  commitNow('a');
  t.deepEqual(heard, ['a durable']);
  clock.run(100);
  storage.commits.at(-1)?.done(null);
  commitNow('b');
  commitNow('c');
  clock.run(200);
  storage.commits.at(-1)?.done(null);
  clock.run(1_000);
  t.deepEqual(
    storage.commits.map(({sync}) => sync),
    [false, true, false, false, true],
  );
});

test('durability interval: steady writes are synced once an interval', t => {
  const {storage, open, write, clock, endTurn} = start('interval');
  open();
  for (let no = 0; no < 7; no += 1) {
    clock.run(clock.nowMs() + 40);
    write(`k${no}`);
    endTurn();
    storage.commits.at(-1)?.done(null);
  }

  t.deepEqual(
    storage.commits.map(({sync}) => sync),
    [false, false, true, false, false, true, false],
  );
});

test('durability none: nothing is synced before the store closes', t => {
  const {storage, open, write, clock, endTurn} = start('none');
  open();
  write('a');
  endTurn();
  storage.commits[0]?.done(null);
  clock.run(10_000);
  t.deepEqual(
    storage.commits.map(({sync}) => sync),
    [false],
  );
});

for (const failpoint of ['commit.before', 'commit.after'] as const) {
  test(`crash: at ${failpoint} the store errs, and nobody is told that a write is durable`, t => {
    const {storage, open, write, endTurn, failpoints, errors, heard} = start();
    open();
    failpoints.arm(failpoint, 'crash');
    write('a');
    endTurn();
    storage.commits[0]?.done(null);
    t.is(errors.length, 1);
    t.deepEqual(heard, []);
    t.is(storage.commits.length, failpoint === 'commit.before' ? 0 : 1);
  });
}

test('close: the parent hears of the end only when the storage has closed', t => {
  const {actor, storage, open, write, endTurn, reports, heard} = start();
  open();
  write('a');
  endTurn();
  write('b');
  actor.send(close);
  storage.commits[0]?.done(null);
  storage.commits[1]?.done(null);
  t.deepEqual(heard, ['a durable', 'b durable']);
  t.deepEqual(reports.slice(1), []);
  storage.closes.shift()?.(null);
  t.deepEqual(reports.slice(1), [{type: 'store.ended'}]);
});

test('stuck: a commit that does not end for a minute has failed, and ends the store', t => {
  const {clock, open, write, endTurn, heard, reports} = start();
  open();
  write('one');
  endTurn();
  clock.run(50_000);
  t.deepEqual(heard, []);
  clock.run(61_000);
  t.deepEqual(heard, ['one IO']);
  t.regex(reports.map(one => JSON.stringify(one)).join(), /store\.lost/);
});

test('stuck: commits that end, one after the other, are none', t => {
  const {clock, storage, open, write, actor, endTurn} = start();
  open();
  for (let no = 0; no < 30; no += 1) {
    write(`k${no}`);
    endTurn();
    clock.run(clock.nowMs() + 9_000);
    storage.commits.shift()?.done(null);
  }

  t.is(actor.getSnapshot().status, 'active');
});
