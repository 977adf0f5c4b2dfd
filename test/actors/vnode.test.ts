import test from 'ava';
import {createActor} from 'xstate';
import {bindVnode} from '../../actors/vnode/vnode.effects.js';
import {vnodeMachine} from '../../actors/vnode/vnode.machine.js';
import type {VnodeEvent, VnodeOperation} from '../../actors/vnode/vnode.messages.js';
import {EMPTY_VECTOR} from '../../src/causality/version-vector.js';
import {Mailbox} from '../../src/mailbox.js';
import {encodeIdentity, type Identity} from '../../src/store/identity.js';
import {identityKey} from '../../src/store/layout.js';
import {drive} from '../drive.js';
import {valuesOf} from '../helpers/held.js';
import {Diary} from '../helpers/operations.js';
import {startStore, type StoreBed} from '../helpers/store-bed.js';

const identity: Identity = {incarnation: 'before', leasedUpTo: 10_000, isSealed: true};
const settled: VnodeEvent = {type: 'vnode.settled'};
const restored: VnodeEvent = {type: 'vnode.restored', identity};
const identified: VnodeEvent = {type: 'vnode.identified'};
const commitFailed: VnodeEvent = {type: 'vnode.commitFailed'};
const amnesia: VnodeEvent = {type: 'vnode.amnesia'};
const toServing = [settled, restored, identified];

const driveFrom = (mayContinue: boolean, events: readonly VnodeEvent[]) => {
  const {state, effects} = drive(vnodeMachine, {partition: 7, mayContinue}, events);
  return {state, effects: effects.filter(({type}) => type !== 'forget')};
};

test('opening: settles before it restores, and restores before it takes an identity', t => {
  t.deepEqual(driveFrom(true, [restored, identified]), {
    state: 'settling',
    effects: [{type: 'settle'}],
  });
  t.deepEqual(driveFrom(true, [settled, identified]).state, 'restoring');
  t.deepEqual(driveFrom(true, toServing), {
    state: 'serving',
    effects: [{type: 'settle'}, {type: 'restore'}, {type: 'identify', identity}, {type: 'serve'}],
  });
});

const identities = (mayContinue: boolean, events: readonly VnodeEvent[]) =>
  driveFrom(mayContinue, events)
    .effects.filter(({type}) => type === 'identify')
    .map(effect => ('identity' in effect ? effect.identity : undefined));

test('identity: continued only where the store vouches for it', t => {
  t.deepEqual(identities(true, toServing), [identity]);
  t.deepEqual(identities(false, toServing), [null]);
});

test('identity: one that was not sealed is not continued, whatever the store says', t => {
  const unsealed: VnodeEvent = {type: 'vnode.restored', identity: {...identity, isSealed: false}};
  t.deepEqual(identities(true, [settled, unsealed, identified]), [null]);
});

test('identity: a new one after a failed commit, once all has settled and was read again', t => {
  const events = [...toServing, commitFailed, settled, restored, identified];
  t.deepEqual(identities(true, events), [identity, null]);
  const {state, effects} = driveFrom(true, events);
  t.is(state, 'serving');
  t.deepEqual(
    effects.slice(4).map(({type}) => type),
    ['rest', 'settle', 'restore', 'identify', 'serve'],
  );
});

test('identity: a new one after amnesia, for good', t => {
  t.deepEqual(identities(true, [...toServing, amnesia, identified]), [identity, null]);
  const thenFailed = [...toServing, amnesia, identified, commitFailed, settled, restored];
  t.deepEqual(identities(true, thenFailed), [identity, null, null]);
});

/** A vnode of partition 7 over a store of its own, or over one that an earlier vnode used. */
function start({bed = startStore(), mayContinue = true, bound = 1_000} = {}) {
  const mailbox = new Mailbox<VnodeOperation>(bed.clock, bound);
  const serving: boolean[] = [];
  const stalls: string[] = [];
  const {machine, seal} = bindVnode(
    {
      ...bed,
      mailbox,
      onServing: now => serving.push(now),
      onStalled: error => stalls.push(error),
    },
    7,
  );
  const errors: unknown[] = [];
  const make = (continues: boolean) => {
    const actor = createActor(machine, {
      clock: bed.clock,
      input: {partition: 7, mayContinue: continues},
    });
    actor.subscribe({error: error => errors.push(error)});
    return actor.start();
  };
  const diary = new Diary();
  const actor = make(mayContinue);
  return {
    ...bed,
    bed,
    mailbox,
    serving,
    stalls,
    errors,
    diary,
    actor,
    lines: diary.lines,
    seal,
    restart: (continues = false) => make(continues),
    state: () => actor.getSnapshot().value,
    incarnation: () => diary.decided.at(-1)?.object.vector.at(-1)?.incarnation,
  };
}

const store = (bed: StoreBed, found: Identity) => {
  bed.objects.commits.addRecord(identityKey(7), encodeIdentity(found), () => {});
  bed.pass();
};

test('identity: no dot is stamped before it is durable', t => {
  const {disk, pass, mailbox, diary, lines, identityOf, incarnation, objects, state} = start();
  mailbox.post(diary.put('put', 'k', 'x'));
  while (objects.commits.depth === 0) {
    pass(0.01);
  }

  disk.hold();
  pass(1_000);
  t.is(state(), 'identifying');
  t.deepEqual(lines, []);
  disk.release();
  pass();
  pass();
  t.deepEqual(lines.slice(0, 1), ['put decided']);
  t.is(incarnation(), identityOf(7)?.incarnation);
});

test('identity: a vnode that continues goes on above the lease it found, under a higher one', t => {
  const bed = startStore();
  store(bed, identity);
  const {pass, mailbox, diary, identityOf} = start({bed});
  pass(500);
  mailbox.post(diary.put('put', 'k', 'x'));
  pass();
  t.deepEqual(diary.decided[0]?.object.vector, [{incarnation: 'before', counter: 10_001}]);
  t.deepEqual(identityOf(7), {incarnation: 'before', leasedUpTo: 20_000, isSealed: false});
});

test('identity: one that may not continue takes a new one and makes that durable', t => {
  const bed = startStore();
  store(bed, identity);
  const {pass, mailbox, diary, identityOf, incarnation} = start({bed, mayContinue: false});
  pass(500);
  mailbox.post(diary.put('put', 'k', 'x'));
  pass();
  t.not(incarnation(), 'before');
  t.is(incarnation(), identityOf(7)?.incarnation);
});

test('serving: operations wait in the mailbox until it serves, and are then done in order', t => {
  const {pass, mailbox, diary, lines, serving} = start();
  mailbox.post(diary.put('put', 'k', 'x'));
  mailbox.post(diary.read('get', 'k'));
  t.deepEqual(lines, []);
  pass(500);
  t.deepEqual(serving, [true]);
  t.deepEqual(lines, ['put decided', 'put done', 'get x']);
});

test('lease: a higher one is durable long before the old one ends, and nothing waits for it', t => {
  const {pass, mailbox, diary, lines, identityOf, incarnation} = start();
  pass(500);
  for (let no = 1; no <= 9_000; no += 1) {
    mailbox.post(diary.put('put', `k${no % 10}`, 'x'));
    pass(no % 3_000 === 0 ? 500 : 0);
  }

  t.is(lines.filter(line => line === 'put done').length, 9_000);
  t.deepEqual(identityOf(7), {
    incarnation: incarnation() ?? '',
    leasedUpTo: 20_000,
    isSealed: false,
  });
});

test('lease: writes past its end wait for the next one and are then done', t => {
  const {pass, mailbox, diary, lines} = start({bound: 20_000});
  pass(500);
  for (let no = 1; no <= 10_050; no += 1) {
    mailbox.post(diary.put('put', `k${no % 10}`, 'x'));
    pass(no === 4_000 || no === 7_900 ? 500 : 0);
  }

  pass(1_000);
  t.is(lines.filter(line => line === 'put done').length, 10_050);
  const counters = diary.decided.map(({object}) => object.siblings[0]?.dots[0]?.counter);
  t.is(new Set(counters).size, 10_050);
});

test('commit: after a failed one this replica reloads and takes a new incarnation', t => {
  const {pass, mailbox, diary, lines, disk, serving, objects, incarnation} = start();
  pass(500);
  mailbox.post(diary.put('lost', 'k', 'lost'));
  disk.failNextCommit('FULL', {applied: false});
  pass();
  const first = incarnation();
  t.deepEqual(lines, ['lost decided', 'lost 503']);
  pass(500);
  t.deepEqual(serving, [true, false, true]);
  mailbox.post(diary.read('get', 'k'));
  mailbox.post(diary.put('put', 'k', 'kept'));
  pass(500);
  t.deepEqual(lines.slice(2), ['get absent', 'put decided', 'put done']);
  t.not(incarnation(), first);
  t.deepEqual(valuesOf(objects.peek('k')?.object), ['kept']);
});

test('amnesia: a write whose context shows it is done under a new incarnation', t => {
  const {pass, mailbox, diary, lines, incarnation} = start();
  pass(500);
  mailbox.post(diary.put('first', 'k', '1'));
  pass();
  const first = incarnation() ?? '';
  mailbox.post(diary.put('shows', 'k', '2', {cover: [{incarnation: first, counter: 500}]}));
  mailbox.post(diary.put('same mail', 'l', '3'));
  pass(500);
  t.deepEqual(lines.filter(line => line.endsWith('done')).toSorted(), [
    'first done',
    'same mail done',
    'shows done',
  ]);
  const stamps = diary.decided.slice(1).map(({object}) => object.siblings[0]?.dots[0]?.incarnation);
  t.false(stamps.includes(first));
});

for (const point of ['vnode.work', 'put.decided', 'put.sent'] as const) {
  test(`crash: at ${point} the mail that had not begun waits for the next vnode`, t => {
    const {pass, mailbox, diary, lines, failpoints, errors, serving, restart} = start();
    mailbox.post(diary.read('warm', 'k'));
    pass(500);
    failpoints.arm(point, 'crash');
    mailbox.post(diary.put('crashes', 'k', 'x'));
    mailbox.post(diary.put('waits', 'k', 'y', {cover: EMPTY_VECTOR}));
    mailbox.post(diary.read('get', 'k'));
    pass();
    t.is(errors.length, 1);
    t.deepEqual(serving, [true, false]);
    t.is(mailbox.depth, 2);
    const before = lines.length;
    restart();
    pass(500);
    t.deepEqual(lines.slice(before), ['waits decided', 'waits done', 'get y']);
  });
}

test('crash: operations that waited for the disk go to the next vnode', t => {
  const {pass, mailbox, diary, lines, failpoints, errors, serving, restart} = start();
  pass(500);
  mailbox.post(diary.put('crashes', 'k', 'x'));
  mailbox.post(diary.put('waits', 'l', 'y'));
  failpoints.arm('put.decided', 'crash');
  pass();
  t.is(errors.length, 1);
  t.deepEqual(serving, [true, false]);
  t.deepEqual(lines, []);
  restart();
  pass(500);
  t.deepEqual(lines, ['waits decided', 'waits done']);
});

test('restart: waits for every batch of the predecessor, and finds the pending object', t => {
  const {pass, mailbox, diary, lines, failpoints, disk, restart, serving} = start();
  mailbox.post(diary.read('warm', 'k'));
  pass(500);
  disk.hold();
  mailbox.post(diary.put('pending', 'k', 'x'));
  pass(10);
  failpoints.arm('vnode.work', 'crash');
  mailbox.post(diary.read('crashes', 'other'));
  pass(10);
  restart();
  pass(1_000);
  t.deepEqual(serving, [true, false]);
  mailbox.post(diary.read('get', 'k'));
  disk.release();
  pass(500);
  t.deepEqual(lines.slice(1), ['pending decided', 'pending done', 'get x']);
});

test('stop: a vnode that its parent stops decides nothing more, whatever is answered late', t => {
  const {pass, mailbox, diary, lines, actor, objects, serving} = start();
  pass(500);
  mailbox.post(diary.put('late', 'k', 'x'));
  pass(0);
  actor.stop();
  pass(500);
  t.deepEqual(lines, []);
  t.deepEqual(serving, [true, false]);
  t.is(objects.commits.depth, 0);
});

test('seal: a vnode that serves to the end may be continued, and decides nothing after it', t => {
  const {pass, mailbox, diary, lines, actor, seal, restart, incarnation, identityOf} = start();
  pass(500);
  mailbox.post(diary.put('before', 'k', 'x'));
  pass();
  const first = incarnation();
  mailbox.post(diary.put('late', 'l', 'x'));
  pass(0);
  seal();
  actor.stop();
  pass();
  t.deepEqual(identityOf(7), {incarnation: first ?? '', leasedUpTo: 10_000, isSealed: true});
  t.deepEqual(lines, ['before decided', 'before done']);
  restart(true);
  pass(500);
  t.deepEqual(lines.slice(2), ['late decided', 'late done']);
  t.deepEqual(diary.decided.at(-1)?.object.vector, [{incarnation: first ?? '', counter: 10_001}]);
});

test('seal: fails with the commit that it stands behind', t => {
  const {pass, mailbox, diary, lines, seal, disk, identityOf} = start();
  mailbox.post(diary.read('warm', 'k'));
  pass(500);
  disk.failNextCommit('FULL', {applied: false});
  mailbox.post(diary.put('lost', 'k', 'x'));
  pass(0);
  seal();
  pass();
  t.deepEqual(lines.slice(1), ['lost decided', 'lost 503']);
  t.false(identityOf(7)?.isSealed);
});

test('failure: a vnode that cannot read what it keeps on disk crashes', t => {
  const bed = startStore();
  bed.disk.failReads('IO');
  const {pass, errors, serving} = start({bed});
  pass(500);
  t.is(errors.length, 1);
  t.false(serving.includes(true));
});

test('stalled: a disk that takes nothing is told once and tried again until it does', t => {
  const bed = startStore();
  const {pass, errors, serving, mailbox, diary, lines, stalls, state} = start({bed});
  mailbox.post(diary.put('put', 'k', 'x'));
  for (let tries = 0; tries < 3; tries += 1) {
    bed.disk.failNextCommit('FULL', {applied: false});
    pass(500);
    t.is(state(), 'stalled');
  }

  t.is(stalls.length, 1);
  t.deepEqual([errors, serving, lines], [[], [], []]);
  pass(1_000);
  t.deepEqual(lines, ['put decided', 'put done']);
});
