import test from 'ava';
import {nameHash} from '../../src/merkle/object-hash.js';
import {leafOf} from '../../src/merkle/tree.js';
import {parseWindow} from '../../src/repair/window.js';
import {holdBytes} from '../../src/store/held.js';
import {objectKey} from '../../src/store/layout.js';
import {Diary} from '../helpers/operations.js';
import {EVERY_MS, RepairPair, type Owner} from '../helpers/repair-pair.js';

const ROUND_MS = EVERY_MS + 5_000;

/** An owner takes in what nobody else is told of. */
function give(pair: RepairPair, owner: Owner, names: readonly string[], value = 'x'): void {
  const diary = new Diary();
  for (const name of names) {
    owner.gate.post(diary.merge(name, name, value, {incarnation: value}), 1);
  }

  pair.pass(2_000);
}

const names = (count: number, prefix = 'users.key') =>
  Array.from({length: count}, (_, no) => `${prefix}${no}`);
const areEqual = ({first, second}: RepairPair) => {
  const [a, b] = [first, second].map(({gate}) => gate.trees?.tree(3).root());
  return a !== undefined && a.hi === b?.hi && a.lo === b.lo;
};
const repairsOf = ({first, second}: RepairPair) =>
  [first, second]
    .flatMap(({counters}) => Object.entries(counters.all()))
    .filter(([name]) => name.startsWith('repairs_'))
    .reduce((sum, [, count]) => sum + count, 0);

test('exchange: two differing keys among 20,000 are found and mended with under 64 KB', t => {
  const pair = new RepairPair();
  const all = names(20_000);
  pair.hinted = 'h2';
  give(pair, pair.first, all);
  give(pair, pair.second, all);
  pair.hinted = null;
  pair.pass(ROUND_MS);
  t.true(areEqual(pair));
  give(pair, pair.first, ['users.only here']);
  give(pair, pair.second, ['users.key7'], 'another');
  t.false(areEqual(pair));
  const [before, repairs] = [pair.bytes, repairsOf(pair)];
  pair.pass(ROUND_MS);
  t.true(areEqual(pair));
  t.true(pair.bytes - before < 64 * 1024, `${pair.bytes - before} bytes`);
  // One went each way: what the second had covers what the first had, which need not travel.
  t.is(repairsOf(pair) - repairs, 2);
});

test('exchange: more differences than sketches can tell are listed, and mended all the same', t => {
  const pair = new RepairPair();
  const inOneLeaf = names(500_000).filter(name => leafOf(nameHash(name)) === 7);
  give(pair, pair.first, inOneLeaf);
  give(pair, pair.second, inOneLeaf, 'another');
  pair.pass(3 * ROUND_MS);
  t.true(areEqual(pair));
  t.true(pair.first.counters.get('repair_sketches_undecoded') > 0);
  t.true(pair.first.counters.get('repair_leaves_listed') > 0);
});

test('exchange: differences all over the partition are mended', t => {
  const pair = new RepairPair();
  give(pair, pair.first, names(400));
  give(pair, pair.second, names(400), 'another');
  give(pair, pair.first, names(200, 'users.first'));
  give(pair, pair.second, names(200, 'users.second'));
  pair.pass(3 * ROUND_MS);
  t.true(areEqual(pair));
});

test('exchange: where nothing differs nothing is sent but a question a round', t => {
  const pair = new RepairPair();
  give(pair, pair.first, names(200));
  pair.pass(3 * ROUND_MS);
  t.true(areEqual(pair));
  const [before, repairs] = [pair.bytes, repairsOf(pair)];
  pair.pass(10 * EVERY_MS);
  t.is(repairsOf(pair), repairs);
  const aRound = (pair.bytes - before) / 10;
  t.true(aRound < 300, `${aRound} bytes a round`);
});

test('exchange: a damaged record is told to the store, and never taken for a difference', t => {
  const pair = new RepairPair();
  const all = names(300);
  give(pair, pair.first, all);
  give(pair, pair.second, all);
  pair.pass(2 * ROUND_MS);
  const [name = ''] = all;
  const key = objectKey(0, name);
  pair.second.storage.commit([{key, value: Buffer.from('rot')}], {sync: true}, () => {});
  pair.pass(100);
  // Another key under the same leaf differs, so that the leaf is read.
  const leaf = Buffer.from(key).readUInt16BE(3);
  const neighbour = names(20_000, 'users.n').find(
    one => Buffer.from(objectKey(0, one)).readUInt16BE(3) === leaf,
  );
  give(pair, pair.first, [neighbour ?? '']);
  const repairs = repairsOf(pair);
  pair.pass(ROUND_MS);
  t.true(pair.second.damage.length > 0);
  t.deepEqual([...new Set(pair.second.damage.map(({code}) => code))], ['CORRUPT']);
  t.is(repairsOf(pair), repairs);
});

test('exchange: waits for hints, load and its hours; who joins waits for none of them', t => {
  const window = parseWindow('02:00-03:00');
  let wallMs = 12 * 3_600_000;
  const pair = new RepairPair({window, wallMs: () => wallMs});
  t.true(pair.first.gate.admits && pair.second.gate.admits);
  give(pair, pair.first, names(10));
  pair.pass(3 * ROUND_MS);
  t.false(areEqual(pair));
  wallMs = 2.5 * 3_600_000;
  pair.hinted = 'h2';
  pair.pass(3 * ROUND_MS);
  t.false(areEqual(pair));
  pair.hinted = null;
  pair.busy = 'h2';
  pair.pass(3 * ROUND_MS);
  t.false(areEqual(pair));
  pair.busy = null;
  pair.pass(ROUND_MS);
  t.true(areEqual(pair));
});

test('report: what is asked for is compared at once, whatever the hour, and both sides know', t => {
  const pair = new RepairPair({window: parseWindow('02:00-03:00'), wallMs: () => 12 * 3_600_000});
  give(pair, pair.first, names(10));
  const scope = {partitions: [0], copies: null, sinceMs: null};
  const begun = pair.first.desk.report(scope);
  t.like(begun, {pairs: 1, proven: 0});
  pair.pass(3_000);
  t.like(pair.first.desk.report({...scope, sinceMs: begun.sinceMs}), {pairs: 1, proven: 1});
  t.true(areEqual(pair));
  const proof = pair.second.desk.agenda.entry(0, 'h1')?.proof;
  t.true((proof?.atMs ?? 0) >= begun.sinceMs);
  t.like(pair.second.desk.report(scope), {pairs: 0});
  t.like(pair.first.desk.report({...scope, partitions: [5]}), {pairs: 0});
  t.like(pair.first.desk.report({...scope, copies: 2}), {pairs: 0});
});

test('mending: what is merged keeps its dots, and both ends hold the same bytes', t => {
  const pair = new RepairPair();
  give(pair, pair.first, ['users.alice'], 'one');
  give(pair, pair.second, ['users.alice'], 'two');
  pair.pass(2 * ROUND_MS);
  const [a, b] = [pair.first, pair.second].map(({objects}) => objects.peek('users.alice'));
  t.deepEqual(Buffer.from(a?.bytes ?? []), Buffer.from(b?.bytes ?? []));
  const object = holdBytes('users.alice', a?.bytes ?? new Uint8Array()).object;
  t.deepEqual(new Set(object.vector.map(({counter}) => counter)), new Set([1]));
});
