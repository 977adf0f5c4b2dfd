import test from 'ava';
import {createActor} from 'xstate';
import {Gate} from '../../actors/partition/gate.js';
import {bindPartition} from '../../actors/partition/partition.effects.js';
import type {VnodeOperation} from '../../actors/vnode/vnode.messages.js';
import {Mailbox} from '../../src/mailbox.js';
import {Diary} from '../helpers/operations.js';
import {startStore} from '../helpers/store-bed.js';

const restartPolicy = {firstDelayMs: 100, delayMsMax: 400, restartsMax: 5, windowMs: 60_000};

/** A partition at epoch 3 over a store of its own. */
function start({bed = startStore(), mailboxMax = 100} = {}) {
  const mailbox = new Mailbox<VnodeOperation>(bed.clock, mailboxMax);
  const gate = new Gate(7, 3, ['h1'], mailbox);
  const crashes: string[] = [];
  const gates: boolean[] = [];
  const errors: unknown[] = [];
  const machine = bindPartition({
    ...bed,
    gate,
    onGate: (_, admits) => gates.push(admits),
    onCrash: (_, error) => crashes.push(error),
    onStalled: () => {},
  });
  const actor = createActor(machine, {
    clock: bed.clock,
    input: {partition: 7, mayContinue: true, restartPolicy, nowMs: () => bed.clock.nowMs()},
  });
  actor.subscribe({error: error => errors.push(error)});
  actor.start();
  const diary = new Diary();
  return {
    ...bed,
    actor,
    gate,
    gates,
    mailbox,
    crashes,
    errors,
    diary,
    lines: diary.lines,
    state: () => actor.getSnapshot().value,
    post: (operation: VnodeOperation, epoch = 3) => gate.post(operation, epoch)?.code,
    crash: () => {
      bed.failpoints.arm('vnode.work', 'crash');
      gate.mailbox.post(diary.read('crashes', 'k'));
      bed.pass(0);
    },
  };
}

test('gate: is open exactly while the vnode serves', t => {
  const {pass, gate, gates, disk, post, diary} = start();
  t.false(gate.admits);
  pass(500);
  t.true(gate.admits);
  disk.failNextCommit('FULL', {applied: false});
  post(diary.put('fails', 'k', 'x'));
  pass(500);
  t.true(gate.admits);
  t.deepEqual(gates, [true, false, true]);
});

test('gate: admits nothing before the vnode serves, and nothing under another epoch', t => {
  const {pass, post, diary, lines} = start();
  t.is(post(diary.read('early', 'k')), 503);
  pass(500);
  t.is(post(diary.read('stale', 'k'), 2), 503);
  t.is(post(diary.read('future', 'k'), 4), 503);
  t.is(post(diary.read('get', 'k')), undefined);
  pass();
  t.deepEqual(lines, ['get absent']);
});

test('gate: the refusal of another epoch says so, that the sender may refresh', t => {
  const {gate, diary} = start();
  t.regex(gate.post(diary.read('stale', 'k'), 2)?.text ?? '', /^stale epoch/);
});

test('gate: past the bound of the mailbox operations are shed', t => {
  const {pass, post, diary} = start({mailboxMax: 2});
  pass(500);
  const codes = ['a', 'b', 'c'].map(name => post(diary.read(name, name)));
  t.deepEqual(codes, [undefined, undefined, 429]);
});

test("gate: clients' writes are shed past half of the bound, other hosts' merges are not", t => {
  const {pass, post, diary} = start({mailboxMax: 4});
  pass(500);
  const codes = [
    post(diary.put('a', 'a', 'x')),
    post(diary.put('b', 'b', 'x')),
    post(diary.put('c', 'c', 'x')),
    post(diary.merge('d', 'd', 'x')),
    post(diary.merge('e', 'e', 'x')),
    post(diary.merge('f', 'f', 'x')),
  ];
  t.deepEqual(codes, [undefined, undefined, 429, undefined, undefined, 429]);
});

test('crash: closes the gate, is told, and the vnode comes back after a growing delay', t => {
  const {pass, crash, gate, crashes, state, actor} = start();
  pass(500);
  for (const delayMs of [100, 200, 400, 400]) {
    crash();
    t.false(gate.admits);
    t.is(state(), 'backingOff');
    pass(delayMs - 1);
    t.is(state(), 'backingOff');
    pass(1);
    t.deepEqual(state(), {running: 'opening'});
    pass(500);
    t.true(gate.admits);
  }

  t.is(crashes.length, 4);
  t.regex(crashes[0] ?? '', /^FailpointHit/);
  t.is(actor.getSnapshot().context.restarts, 4);
  t.regex(actor.getSnapshot().context.lastError, /^FailpointHit/);
});

test('crash: operations wait in the mailbox across the restart', t => {
  const {pass, crash, diary, mailbox, lines, gate} = start();
  pass(500);
  crash();
  mailbox.post(diary.put('waited', 'k', 'x'));
  pass(1_000);
  t.true(gate.admits);
  t.deepEqual(lines, ['waited decided', 'waited done']);
});

test('crash: the next vnode never continues the incarnation of the crashed one', t => {
  const {pass, crash, post, diary} = start();
  pass(500);
  post(diary.put('before', 'k', 'x'));
  pass();
  crash();
  pass(1_000);
  post(diary.put('after', 'k', 'y'));
  pass();
  const [before, after] = diary.decided.map(({object}) => object.siblings[0]?.dots[0]?.incarnation);
  t.truthy(before);
  t.not(after, before);
});

test('crash: one more than the budget takes the partition down, saying what came last', t => {
  const {pass, crash, errors, actor, gate} = start();
  pass(500);
  for (let crashes = 0; crashes <= restartPolicy.restartsMax; crashes += 1) {
    t.deepEqual(errors, []);
    crash();
    pass(1_000);
  }

  t.is(actor.getSnapshot().status, 'error');
  t.regex(String(errors[0]), /crashed too often, last with FailpointHit/);
  t.false(gate.admits);
});

test('crash: crashes that lie far apart never spend the budget', t => {
  const {pass, crash, errors, gate} = start();
  for (let crashes = 0; crashes < 12; crashes += 1) {
    pass(restartPolicy.windowMs / restartPolicy.restartsMax + 1);
    crash();
  }

  pass(1_000);
  t.deepEqual(errors, []);
  t.true(gate.admits);
});

test('close: closes the gate; nothing is decided any more, whatever the disk answers late', t => {
  const {pass, actor, gate, post, diary, lines, objects, state} = start();
  pass(500);
  post(diary.put('late', 'k', 'x'));
  pass(0);
  actor.send({type: 'partition.close'});
  t.is(state(), 'closed');
  t.false(gate.admits);
  pass(500);
  t.deepEqual(lines, []);
  t.false(objects.commits.hasGathered);
});

test('close: what was decided before is committed all the same', t => {
  const {pass, actor, post, diary, lines} = start();
  pass(500);
  post(diary.read('warm', 'k'));
  pass();
  post(diary.put('put', 'k', 'x'));
  pass(0);
  actor.send({type: 'partition.close'});
  pass();
  t.deepEqual(lines.slice(1), ['put decided', 'put done']);
});

test('close: while it backs off it is closed at once, and no vnode comes back', t => {
  const {pass, actor, crash, gate, state} = start();
  pass(500);
  crash();
  actor.send({type: 'partition.close'});
  pass(10_000);
  t.is(state(), 'closed');
  t.false(gate.admits);
});

test('close: only a vnode that serves is sealed, so that no other incarnation is continued', t => {
  const serves = start();
  serves.pass(500);
  serves.actor.send({type: 'partition.close'});
  serves.pass();
  t.true(serves.identityOf(7)?.isSealed);

  const crashed = start();
  crashed.pass(500);
  crashed.crash();
  crashed.actor.send({type: 'partition.close'});
  crashed.pass();
  t.false(crashed.identityOf(7)?.isSealed);
});

test('neighbours: a crash in one partition leaves the others serving', t => {
  const bed = startStore();
  const one = start({bed});
  const other = start({bed});
  bed.pass(500);
  one.crash();
  t.false(one.gate.admits);
  t.true(other.gate.admits);
  t.deepEqual(other.gates, [true]);
});
