/** The parts of the purge, each by itself. */
import test from 'ava';
import {passBarrier, type Passed} from '../../actors/purge/barrier.js';
import {Graves, type Grave} from '../../actors/purge/graves.js';
import type {HostAnswers} from '../../actors/purge/host-answers.js';
import {Settling} from '../../actors/purge/settling.js';
import {Sweep, type Swept} from '../../actors/purge/sweep.js';
import {Code} from '../../src/errors.js';
import {hlcOfWallMs} from '../../src/causality/hlc.js';
import type {Entry, Storage} from '../../src/ports/storage.js';
import {SimClock} from '../../src/sim/clock.js';
import {objectKey} from '../../src/store/layout.js';
import {sealRecord} from '../../src/store/record.js';
import {ITEM, type AnswerItem, type HostItem} from '../../src/wire/host-items.js';
import {encodeKeptTold, PURGE_QUESTION, type KeptTold} from '../../src/wire/purge-questions.js';
import {heldOf} from '../helpers/held.js';

const NOTHING = new Uint8Array(0);

type Reply = (peer: string, item: HostItem) => AnswerItem | null;

/** Questions that are answered at the end of the turn, or not at all. */
function errands(clock: SimClock, reply: Reply) {
  const asked: string[] = [];
  return {
    asked,
    ask: (
      peer: string,
      make: (no: number) => HostItem,
      timeoutMs: number,
      done: (answer: AnswerItem | null) => void,
    ) => {
      const item = make(1);
      asked.push(`${peer} ${item[0] === ITEM.ask ? item[4] : item[0]}`);
      const answer = reply(peer, item);
      clock.setTimeout(() => done(answer), answer === null ? timeoutMs : 1);
    },
  };
}

const tell = (body: Uint8Array): AnswerItem => [ITEM.told, 1, Code.ok, '', body];

/** A barrier among h1 (which asks), h2 and h3; each `kept` is asked of twice. */
function barrier(kept: (peer: string, time: number) => KeptTold | null, settles = true) {
  const clock = new SimClock();
  const times = new Map<string, number>();
  const next = (peer: string) => {
    times.set(peer, (times.get(peer) ?? 0) + 1);
    return kept(peer, times.get(peer) ?? 1);
  };
  const way = errands(clock, (peer, item) => {
    if (item[0] === ITEM.ask && item[4] === PURGE_QUESTION.kept) {
      const answer = next(peer);
      return answer === null ? null : tell(encodeKeptTold(answer));
    }

    return settles || peer !== 'h2'
      ? tell(NOTHING)
      : [ITEM.told, 1, Code.unavailable, 'no', NOTHING];
  });
  const own = {
    kept: (_: readonly number[], done: (answer: KeptTold | null) => void) => done(next('h1')),
    settle: (done: (isSettled: boolean) => void) => done(true),
  } as unknown as HostAnswers;
  let passed: Passed | undefined;
  const amid = (go: () => void) => {
    way.asked.push('amid');
    go();
  };
  passBarrier({peers: ['h2', 'h3'], errands: way, epoch: 1, own}, [3, 5], amid, one => {
    passed = one;
  });
  clock.run(1_000_000);
  return {passed, asked: way.asked};
}

const nothing = {stamp: 's', partitions: []};

test('barrier: passes when nothing is kept, all has settled, and nothing was kept meanwhile', t => {
  const {passed, asked} = barrier(() => nothing);
  t.deepEqual(passed, {free: new Set([3, 5]), why: ''});
  t.deepEqual(asked, ['h2 34', 'h3 34', 'amid', 'h2 33', 'h3 33', 'h2 34', 'h3 34']);
});

test('barrier: a partition that a hint is kept for does not pass, the others do', t => {
  const {passed} = barrier(peer => (peer === 'h3' ? {stamp: 's', partitions: [5]} : nothing));
  t.deepEqual([...(passed?.free ?? [])], [3]);
  t.is(passed?.why, 'h3 keeps hints that are not delivered yet');
});

test('barrier: what was kept and delivered meanwhile may have been read, so nothing passes', t => {
  const {passed} = barrier((peer, time) => ({
    stamp: peer === 'h2' ? `s${time}` : 's',
    partitions: [],
  }));
  t.deepEqual(passed, {free: new Set(), why: 'h2 has kept a hint meanwhile'});
});

test('barrier: one host that does not answer, or has not settled, and nothing passes', t => {
  const silent = barrier(peer => (peer === 'h2' ? null : nothing)).passed;
  t.deepEqual(silent, {free: new Set(), why: 'h2 cannot say what it keeps'});
  const busy = barrier(() => nothing, false).passed;
  t.deepEqual(busy, {free: new Set(), why: 'h2 has not settled what it had under way'});
});

test('settling: waits for all that was under way when it was asked, and then flushes', t => {
  const clock = new SimClock();
  const underWay = new Set(['old']);
  const bulk = errands(clock, () => [ITEM.flushed, 1]);
  const data = errands(clock, () => [ITEM.flushed, 1]);
  const ways = [bulk, data];
  const settling = new Settling({clock, peers: ['h2', 'h3'], underWay: () => underWay, ways});
  let settled: boolean | undefined;
  settling.settle(one => {
    settled = one;
  });
  clock.run(10_000);
  t.is(settled, undefined);
  t.is(bulk.asked.length, 0);
  underWay.add('new');
  underWay.delete('old');
  clock.run(11_000);
  t.true(settled);
  t.deepEqual(bulk.asked, ['h2 17', 'h3 17']);
  t.deepEqual(data.asked, ['h2 17', 'h3 17']);
});

test('settling: a host that no flush reaches makes it fail, and so does what never ends', t => {
  const clock = new SimClock();
  const underWay = new Set<string>();
  const way = errands(clock, peer => (peer === 'h3' ? null : [ITEM.flushed, 1]));
  const settling = new Settling({
    clock,
    peers: ['h2', 'h3'],
    underWay: () => underWay,
    ways: [way],
  });
  const heard: boolean[] = [];
  settling.settle(one => heard.push(one));
  clock.run(100_000);
  underWay.add('for ever');
  settling.settle(one => heard.push(one));
  clock.run(300_000);
  t.deepEqual(heard, [false, false]);
});

test('settling: who asks while it is under way waits for another one', t => {
  const clock = new SimClock();
  const underWay = new Set(['first']);
  const way = errands(clock, () => [ITEM.flushed, 1]);
  const settling = new Settling({clock, peers: ['h2'], underWay: () => underWay, ways: [way]});
  const heard: string[] = [];
  settling.settle(() => heard.push('one'));
  clock.run(100);
  underWay.add('second');
  settling.settle(() => heard.push('two'));
  underWay.delete('first');
  clock.run(1_000);
  t.deepEqual(heard, ['one']);
  underWay.delete('second');
  clock.run(2_000);
  t.deepEqual(heard, ['one', 'two']);
});

test('graves: are due once marks have stood, and later where another owner leads', t => {
  const graves = new Graves(1_000);
  const grave = (name: string, isLed: boolean): Grave => ({
    partition: 1,
    name,
    hash: {hi: 1, lo: 2},
    entries: [],
    isLed,
  });
  graves.add(grave('mine', true), 0);
  graves.add(grave('other', false), 0);
  const due = (nowMs: number) => graves.due(nowMs).map(({name}) => name);
  t.deepEqual(due(999), []);
  t.deepEqual(due(1_000), ['mine']);
  t.deepEqual(due(3_000), ['mine', 'other']);
  t.true(graves.has(grave('mine', true)));
  t.false(graves.has({...grave('mine', true), hash: {hi: 2, lo: 2}}));
  graves.add(grave('mine', true), 3_000);
  t.deepEqual(due(3_000), ['other']);
  graves.remove(grave('other', false));
  t.deepEqual([...graves.counts()], [[1, 1]]);
});

test('sweep: tells objects with more spent entries than the key has owners, however young', t => {
  const clock = new SimClock();
  const writtenBy = (name: string, writers: number): Entry => {
    const key = objectKey(1, name);
    let held = heldOf(name, 'x', {incarnation: 'i0'});
    for (let no = 1; no < writers; no += 1) {
      held = heldOf(name, 'x', {incarnation: `i${no}`, onto: held.object});
    }

    return {key, value: sealRecord(key, held.bytes)};
  };
  // One of them is that of the value.
  const entries = [writtenBy('four', 4), writtenBy('five', 5)];
  const scan: Storage['scan'] = (_, done) => done(null, entries);
  const ports = {clock, partitions: [1], isBusy: () => false, copiesOf: () => 3};
  const sweep = new Sweep(
    {...ports, storage: {scan} as Storage},
    {everyMs: 9_000, ageMs: 1_000, keysPerSecond: 1_000, spentPerCopy: 1},
  );
  sweep.next(({found, crowded}) => {
    t.deepEqual(found, []);
    t.deepEqual(
      crowded.map(({name}) => name),
      ['five'],
    );
  });
  t.plan(2);
});

test('sweep: tells tombstones that are old, reads each object once a pass, and rests', t => {
  const clock = new SimClock();
  clock.run(100_000);
  const hlc = (wallMs: number) => hlcOfWallMs(wallMs);
  const nowMs = clock.wallMs();
  const entryOf = (partition: number, name: string, tombstone: boolean, ageMs: number): Entry => {
    const key = objectKey(partition, name);
    const held = heldOf(name, 'x', {tombstone, hlc: hlc(nowMs - ageMs)});
    return {key, value: sealRecord(key, held.bytes)};
  };
  const entries = [
    ...Array.from({length: 100}, (_, no) => entryOf(1, `live${no}`, false, 50_000)),
    entryOf(1, 'old', true, 50_000),
    entryOf(1, 'young', true, 10),
    entryOf(2, 'older', true, 60_000),
  ].toSorted((a, b) => Buffer.compare(a.key, b.key));
  let read = 0;
  const scan: Storage['scan'] = ({from, to, limit}, done) => {
    const found = entries
      .filter(({key}) => Buffer.compare(key, from) >= 0 && Buffer.compare(key, to) < 0)
      .slice(0, limit);
    read += found.length;
    clock.setTimeout(() => done(null, found), 1);
  };
  const sweep = new Sweep(
    {storage: {scan} as Storage, clock, partitions: [1, 2], isBusy: () => false, copiesOf: () => 3},
    {everyMs: 9_000, ageMs: 1_000, keysPerSecond: 1_000, spentPerCopy: 1},
  );
  const told: Swept[] = [];
  t.is(sweep.pauseMs, 9_000);
  const pauses: number[] = [];
  do {
    sweep.next(swept => told.push(swept));
    clock.run(clock.nowMs() + 10);
    pauses.push(sweep.pauseMs);
  } while (pauses.at(-1) !== 9_000);

  t.is(read, entries.length);
  t.deepEqual(
    told.flatMap(({partition, found}) => found.map(({name}) => `${partition} ${name}`)),
    ['1 old', '2 older'],
  );
  t.deepEqual(
    [...sweep.seen],
    [
      [1, 2],
      [2, 1],
    ],
  );
  t.deepEqual(pauses.slice(0, 2), [65, 39]);
});
