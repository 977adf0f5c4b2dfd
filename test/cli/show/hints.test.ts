import test from 'ava';
import {durationText, HintsView, sizeText} from '../../../src/cli/show/hints.js';

/** What a view writes to stdout. */
function written(t: {teardown(run: () => void): void}): string[] {
  const lines: string[] = [];
  const write = process.stdout.write.bind(process.stdout);
  t.teardown(() => {
    process.stdout.write = write;
  });
  process.stdout.write = chunk => {
    lines.push(String(chunk));
    return true;
  };
  return lines;
}

const target = (count: number, state = 'delivering') => ({
  target: 'h2',
  count,
  bytes: 3_072,
  oldestAgeMs: 90_000,
  underWay: 8,
  window: 16,
  perSecond: 12.5,
  etaMs: 8_000,
  state,
});
const report = (count: number) => ({
  isKeeping: true,
  count,
  bytes: 3_072,
  bytesMax: 1e6,
  oldestAgeMs: 90_000,
  isAlarmed: false,
  targets: [target(count)],
});
const answer = (count: number) => ({host: 'h1', answer: report(count), problem: ''});

test.serial('hints: how many, how much, how old, how fast, and until when', t => {
  const lines = written(t);
  const view = new HintsView({asJson: false, isRedrawn: false});
  const code = view.tell([answer(100), {host: 'h3', answer: undefined, problem: 'it is down'}]);
  t.is(code, 0);
  const text = lines.join('');
  t.regex(text, /^100 hints are kept, 3\.0 KiB\n/);
  t.regex(text, /h1 +h2 +100 +3\.0 KiB +1 min 30 s +delivering +12\.5\/s +8 s/);
  t.regex(text, /h3 +no answer: it is down/);
});

test.serial('hints: a bar shows how many of the most that were seen are delivered', t => {
  const lines = written(t);
  const view = new HintsView({asJson: false, isRedrawn: false});
  view.tell([answer(100)]);
  view.tell([answer(25)]);
  t.regex(lines[0] ?? '', /░{20} 0 %/);
  t.regex(lines[1] ?? '', /█{15}░{5} 75 %/);
});

test.serial('hints: as JSON, hosts that do not answer included; nobody there is an error', t => {
  const lines = written(t);
  const view = new HintsView({asJson: true, isRedrawn: false});
  t.is(view.tell([{host: 'h3', answer: undefined, problem: 'it is down'}]), 5);
  t.deepEqual(JSON.parse(lines[0] ?? ''), {
    schema: 'quorate.hints.v1',
    hosts: [{host: 'h3', hints: null, problem: 'it is down'}],
  });
});

test('sizes and times: as people say them', t => {
  t.deepEqual([0, 1_023, 2_048, 5 * 1024 * 1024].map(sizeText), [
    '0 bytes',
    '1023 bytes',
    '2.0 KiB',
    '5.0 MiB',
  ]);
  t.deepEqual([null, 400, 59_000, 61_000, 3_720_000].map(durationText), [
    '',
    '0 s',
    '59 s',
    '1 min 1 s',
    '1 h 2 min',
  ]);
});
