import test from 'ava';
import {hintsMachine} from '../../actors/hints/hints.machine.js';
import type {HintsEvent} from '../../actors/hints/hints.messages.js';
import {EMPTY_VECTOR} from '../../src/causality/version-vector.js';
import {hintKey} from '../../src/store/layout.js';
import {drive} from '../drive.js';
import {PARTITION, startHints} from '../helpers/hints-bed.js';
import {startStore} from '../helpers/store-bed.js';

const settled: HintsEvent = {type: 'hints.settled'};
const loaded: HintsEvent = {type: 'hints.loaded'};
const unread: HintsEvent = {type: 'hints.unread', cause: new Error('refused')};
const commitFailed: HintsEvent = {type: 'hints.commitFailed'};
const driven = (events: readonly HintsEvent[]) => {
  const {state, effects} = drive(hintsMachine, {checkEveryMs: 1_000}, events);
  return [state, effects.map(({type}) => type).join(' ')];
};

test('opening: nothing is kept before all that is on the disk was found again', t => {
  t.deepEqual(driven([loaded]), ['settling', 'begin settle']);
  t.deepEqual(driven([settled]), ['loading', 'begin settle load']);
  t.deepEqual(driven([settled, loaded]), [{keeping: 'watching'}, 'begin settle load open']);
  t.deepEqual(driven([settled, unread]), ['stalled', 'begin settle load tellStalled']);
});

test('opening: a failed commit has it read what is unsure before it keeps more', t => {
  const [state, effects] = driven([settled, loaded, commitFailed]);
  t.deepEqual([state, effects], ['settling', 'begin settle load open rest settle']);
});

test('keep: done once it is durable, and then there to be read', t => {
  const {keep, read, lines, pass, onDisk} = startHints();
  keep('keep', 'k', 'x');
  t.deepEqual(lines, []);
  pass();
  read('read', 'k');
  pass();
  t.deepEqual(lines, ['keep done', 'read x']);
  t.deepEqual(onDisk(), ['k']);
});

test('read: what is not durable yet is shown once it is, an absent key at once', t => {
  const {keep, read, lines, pass, disk} = startHints();
  disk.hold();
  keep('keep', 'k', 'x');
  read('read', 'k');
  read('absent', 'l');
  pass();
  t.deepEqual(lines, ['absent nothing']);
  disk.release();
  pass();
  t.deepEqual(lines.slice(1).toSorted(), ['keep done', 'read x']);
});

test('keep: hints of one key are merged into one, for the targets of both', t => {
  const {keep, read, lines, pass, onDisk, effects} = startHints();
  keep('first', 'k', 'x', {incarnation: 'a', targets: ['h1']});
  keep('second', 'k', 'y', {incarnation: 'b', targets: ['h2']});
  pass();
  keep('third', 'k', 'z', {incarnation: 'c', targets: ['h1']});
  pass();
  read('read', 'k');
  pass();
  t.deepEqual(lines, ['first done', 'second done', 'third done', 'read x+y+z']);
  t.deepEqual(onDisk(), ['k']);
  const entry = effects.keeper.index.find(PARTITION, 'k');
  t.deepEqual(entry?.label.targets, ['h1', 'h2']);
});

test('keep: what brings nothing new is done once what is kept is durable', t => {
  const {keep, lines, pass, counters} = startHints();
  keep('first', 'k', 'x');
  keep('again', 'k', 'x');
  pass();
  keep('later', 'k', 'x');
  pass();
  t.deepEqual(lines, ['first done', 'again done', 'later done']);
  t.is(counters.get('hints_kept'), 1);
});

test('keep: for an owner that has had it already it is kept, and lacked, once more', t => {
  const {keep, pass, deliver, effects, lines} = startHints();
  keep('first', 'k', 'x', {targets: ['h1', 'h2']});
  pass();
  deliver('h1', 'k');
  keep('again', 'k', 'x', {targets: ['h1']});
  pass();
  t.deepEqual(lines, ['first done', 'again done']);
  t.is(effects.keeper.index.lacking('h1').size, 1);
});

test('fence: a hint of another epoch of the partition is refused, and what is no object', t => {
  const {keep, lines, pass, gate} = startHints();
  keep('old', 'k', 'x', {epoch: 2});
  keep('strange', 'k', 'x', {partition: 99});
  gate.take([8, 1, PARTITION, 3, 'k', Buffer.from('junk'), ['h1']], answer => {
    lines.push(`junk ${String(answer[2])}`);
    return true;
  });
  pass();
  t.deepEqual(lines, [
    'old refused: 503 stale epoch: partition 1 is at epoch 3, not 2',
    'strange refused: 503 stale epoch: there is no partition 99',
    'junk 400',
  ]);
});

test('fence: an owner of the partition keeps no hints for it', t => {
  const {keep, lines} = startHints({owners: ['h1', 'me', 'h2']});
  keep('keep', 'k', 'x');
  t.regex(lines[0] ?? '', /refused: 503 this host is an owner/);
});

test('items: another host keeps and reads through the same gate', t => {
  const {gate, pass} = startHints();
  const answers: unknown[] = [];
  const answer = (item: unknown) => answers.push(item) > 0;
  const {keep, decided} = startHints();
  keep('elsewhere', 'k', 'x');
  t.deepEqual(decided, []);
  gate.take([9, 1, PARTITION, 3, 'k'], answer);
  gate.take([9, 2, PARTITION, 2, 'k'], answer);
  pass();
  t.deepEqual(answers.toReversed(), [
    [4, 1, 200, '', null],
    [4, 2, 503, 'stale epoch: partition 1 is at epoch 3, not 2', null],
  ]);
});

test('bound: past it a new hint is refused, with nothing kept, and none is dropped', t => {
  const {keep, lines, pass, onDisk, counters} = startHints({config: {bytesMax: 1_400}});
  keep('a', 'a', 'x'.repeat(200));
  keep('b', 'b', 'x'.repeat(200));
  pass();
  t.deepEqual(lines.toSorted(), ['a done', 'b 503']);
  t.deepEqual(onDisk(), ['a']);
  t.is(counters.get('hints_refused'), 1);
});

test('bound: a write that no hint has room for is refused before anything of it leaves', t => {
  const {standIn, lines, pass, decided} = startHints({config: {bytesMax: 600}});
  standIn('put', 'k', 'x'.repeat(500));
  pass();
  t.deepEqual(lines, ['put 503']);
  t.deepEqual(decided, []);
});

test('bound: more mail than the mailbox holds is shed', t => {
  const {keep, lines} = startHints({mailboxMax: 1});
  keep('first', 'a', 'x');
  keep('second', 'b', 'x');
  t.regex(lines[0] ?? '', /second refused: 429/);
});

test('delivered: a hint leaves the disk when its last target has taken it, never before', t => {
  const {keep, deliver, pass, onDisk, effects} = startHints();
  keep('keep', 'k', 'x', {targets: ['h1', 'h2']});
  pass();
  deliver('h1', 'k');
  pass();
  t.deepEqual(onDisk(), ['k']);
  deliver('h2', 'k');
  t.is(effects.keeper.index.count, 0);
  pass();
  t.deepEqual(onDisk(), []);
});

test('delivered: a hint that was merged with more meanwhile stays', t => {
  const {keep, effects, pass, onDisk, read, lines} = startHints();
  keep('first', 'k', 'x', {incarnation: 'a'});
  pass();
  const entry = effects.keeper.index.find(PARTITION, 'k');
  const version = entry?.version ?? 0;
  keep('second', 'k', 'y', {incarnation: 'b'});
  pass();
  if (entry !== undefined) {
    effects.keeper.delivered('h1', entry, version);
  }

  pass();
  t.deepEqual(onDisk(), ['k']);
  read('read', 'k');
  pass();
  t.is(lines.at(-1), 'read x+y');
});

test('delivered: a hint that is kept again while it leaves the disk is there afterwards', t => {
  const {keep, deliver, pass, onDisk, read, lines} = startHints();
  keep('first', 'k', 'x');
  pass();
  deliver('h1', 'k');
  keep('second', 'k', 'y', {counter: 2});
  pass();
  t.deepEqual(onDisk(), ['k']);
  read('read', 'k');
  pass();
  t.is(lines.at(-1), 'read y');
});

test('start: hints of an earlier process are found again before anything is kept (T17)', t => {
  const {keep, pass, bed, disk, clock, random} = startHints();
  keep('a', 'a', 'x');
  keep('b', 'b', 'y', {targets: ['h1', 'h2']});
  pass();
  disk.crash({loseUnsynced: true});
  const {effects, read, lines} = startHints({bed: startStore(random, clock, disk)});
  const {index} = effects.keeper;
  t.is(index.count, 2);
  t.deepEqual([index.lacking('h1').size, index.lacking('h2').size], [2, 1]);
  read('read', 'b');
  bed.pass();
  t.deepEqual(lines, ['read y']);
});

test('start: many hints are found again, in the order they were kept', t => {
  const {keep, pass, disk, clock, random} = startHints({config: {bytesMax: 1e7}});
  const names = Array.from({length: 150}, (_, no) => `k${(no * 7) % 150}`);
  for (const name of names) {
    keep(name, name, 'x');
    pass(1);
  }

  pass();
  disk.crash({loseUnsynced: true});
  const again = startHints({bed: startStore(random, clock, disk)});
  const found = [...again.effects.keeper.index.lacking('h1').keys()].map(({name}) => name);
  t.deepEqual(found, names);
});

test('start: a hint kept under an earlier epoch goes to all who own the partition now (T15)', t => {
  const {keep, pass, disk, clock, random} = startHints();
  keep('keep', 'k', 'x', {targets: ['h1']});
  pass();
  disk.crash({loseUnsynced: true});
  const bed = startStore(random, clock, disk);
  const {effects} = startHints({bed, owners: ['h2', 'h4', 'me'], epoch: 4});
  const {index} = effects.keeper;
  const lacking = ['h1', 'h2', 'h4', 'me'].filter(target => index.lacking(target).size > 0);
  t.deepEqual(lacking, ['h2', 'h4', 'me']);
});

test('start: a damaged hint is told, and nothing is served beside it', t => {
  const {keep, pass, disk, clock, random} = startHints();
  keep('keep', 'k', 'x');
  pass();
  disk.crash({loseUnsynced: true});
  const bed = startStore(random, clock, disk);
  bed.objects.commits.addRecord(hintKey(PARTITION, 'bad'), Buffer.from('junk'), () => {});
  bed.pass();
  const {state} = startHints({bed});
  t.is(state(), 'stalled');
  t.true(bed.reports.some(({type}) => type === 'store.lost'));
});

test('full disk: what could not be kept is told, what was kept before is still there', t => {
  const {keep, read, lines, pass, disk, onDisk, effects} = startHints();
  keep('a', 'a', 'x');
  pass();
  disk.failNextCommit('FULL', {applied: false});
  keep('b', 'b', 'y');
  pass(1_000);
  t.deepEqual(lines, ['a done', 'b 503']);
  t.is(effects.keeper.index.count, 1);
  keep('c', 'c', 'z');
  pass();
  read('read', 'a');
  pass();
  t.deepEqual(lines.slice(2), ['c done', 'read x']);
  t.deepEqual(onDisk(), ['a', 'c']);
});

test('full disk: a commit that failed and took effect all the same leaves no hint behind', t => {
  const {keep, pass, disk, onDisk, effects, deliver} = startHints();
  disk.failNextCommit('FULL', {applied: true});
  keep('a', 'a', 'x');
  pass(1_000);
  t.is(effects.keeper.index.count, 1);
  deliver('h1', 'a');
  pass();
  t.deepEqual(onDisk(), []);
});

test('alarm: a hint that grows old is told of once, until none is old', t => {
  const {keep, pass, emitted, deliver, effects, counters} = startHints();
  keep('keep', 'k', 'x');
  pass(70_000);
  t.deepEqual(emitted, ['hints-old']);
  t.true(effects.isAlarmed);
  deliver('h1', 'k');
  pass(2_000);
  t.false(effects.isAlarmed);
  t.is(counters.get('hints_alarms'), 1);
});

test('crash: takes along no operation that had not begun, and finds all hints again', t => {
  const {keep, lines, pass, failpoints, restart, effects, errors} = startHints();
  keep('before', 'a', 'x');
  pass();
  failpoints.arm('hints.work', 'crash');
  keep('lost', 'b', 'x');
  keep('next', 'c', 'x');
  pass();
  t.is(errors.length, 1);
  t.deepEqual(lines, ['before done']);
  restart();
  pass();
  t.deepEqual(lines, ['before done', 'next done']);
  t.is(effects.keeper.index.count, 2);
});

test('stop: nothing is decided once it is told to close', t => {
  const {keep, actor, pass, lines, onDisk} = startHints();
  actor.send({type: 'hints.close'});
  keep('late', 'k', 'x');
  pass();
  t.deepEqual(lines, []);
  t.deepEqual(onDisk(), []);
});

test('stand-in: the decided object leaves before its commit, which alone makes it done', t => {
  const {standIn, lines, pass, decided, incarnation} = startHints();
  standIn('put', 'k', 'x', {cover: EMPTY_VECTOR});
  pass(0);
  t.deepEqual(lines, ['put decided']);
  t.is(decided[0]?.object.vector[0]?.incarnation, incarnation());
  pass();
  t.deepEqual(lines, ['put decided', 'put done']);
});

test('stand-in: too many siblings are refused, and a retry of a kept write stamps nothing', t => {
  const {standIn, lines, pass, decided} = startHints();
  standIn('first', 'k', '1', {cover: EMPTY_VECTOR, id: 'one', maxSiblings: 1});
  pass();
  standIn('second', 'k', '2', {cover: EMPTY_VECTOR, maxSiblings: 1});
  standIn('again', 'k', '1', {cover: EMPTY_VECTOR, id: 'one', maxSiblings: 1});
  pass();
  t.deepEqual(lines.toSorted(), [
    'again decided',
    'again done',
    'first decided',
    'first done',
    'second 413',
  ]);
  t.deepEqual(decided[1]?.object.vector, decided[0]?.object.vector);
});
