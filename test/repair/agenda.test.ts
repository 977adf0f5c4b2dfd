import test from 'ava';
import {Agenda, type Pair} from '../../src/repair/agenda.js';

const pair = (partition: number, isOurs = true): Pair => ({
  partition,
  peer: 'h2',
  copies: [3],
  isOurs,
});
const EVERY_MS = 60_000;

test('agenda: a first round is spread over the interval, and each pair comes in turn', t => {
  const agenda = new Agenda([pair(0), pair(1), pair(2, false), pair(3)], EVERY_MS, 0);
  t.deepEqual(
    agenda.due(EVERY_MS / 3).map(entry => entry.pair.partition),
    [0],
  );
  t.deepEqual(
    agenda.due(EVERY_MS).map(entry => entry.pair.partition),
    [0, 1, 3],
  );
});

test('agenda: a pair has one exchange under way, and rests after it', t => {
  const agenda = new Agenda([pair(0)], EVERY_MS, 0);
  const [entry] = agenda.due(EVERY_MS);
  agenda.begin(entry!, EVERY_MS);
  t.deepEqual(agenda.due(EVERY_MS * 2), []);
  agenda.end(entry!, {kind: 'equal'}, EVERY_MS + 500, 1_000_000);
  t.deepEqual(entry!.proof, {atMs: EVERY_MS, wallMs: 999_500});
  t.deepEqual(agenda.due(EVERY_MS * 2), []);
  t.is(agenda.due(EVERY_MS * 2 + 500).length, 1);
});

test('agenda: what failed comes again soon, and later each time', t => {
  const agenda = new Agenda([pair(0)], EVERY_MS, 0);
  const entry = agenda.entries[0]!;
  const waits = Array.from({length: 6}, () => {
    agenda.begin(entry, 0);
    agenda.end(entry, {kind: 'failed', why: 'h2 did not answer'}, 0, 0);
    return entry.dueMs;
  });
  t.deepEqual(waits, [500, 1_000, 2_000, 4_000, 5_000, 5_000]);
  t.is(entry.proof, null);
  t.is(entry.lastFailure, 'h2 did not answer');
});

test('agenda: what was only mended in part goes on at once', t => {
  const agenda = new Agenda([pair(0)], EVERY_MS, 0);
  const entry = agenda.entries[0]!;
  agenda.begin(entry, 0);
  agenda.end(entry, {kind: 'partial'}, 10, 10);
  t.is(entry.proof, null);
  t.deepEqual(agenda.due(10), [entry]);
});
