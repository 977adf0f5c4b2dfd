import test from 'ava';
import {isWithin, parseWindow} from '../../src/repair/window.js';

const at = (hour: number, minute: number) => (20_000 * 24 + hour) * 3_600_000 + minute * 60_000;
const hours = (text: string) => {
  const window = parseWindow(text);
  return Array.from({length: 24}, (_, hour) => hour).filter(
    hour => window !== null && isWithin(window, at(hour, 30)),
  );
};

test('window: begins and ends at its hours, also over midnight', t => {
  t.deepEqual(hours('02:00-05:00'), [2, 3, 4]);
  t.deepEqual(hours('22:00-02:00'), [0, 1, 22, 23]);
  t.is(hours('08:00-08:00').length, 24);
});

test('window: its first minute is in it, its last is not', t => {
  const window = parseWindow('02:15-03:00')!;
  t.false(isWithin(window, at(2, 14)));
  t.true(isWithin(window, at(2, 15)));
  t.true(isWithin(window, at(2, 59)));
  t.false(isWithin(window, at(3, 0)));
});

test('window: what is none is refused', t => {
  for (const text of ['', '22-06', '24:00-06:00', '22:60-06:00', '2:00-6:00', '22:00-06:00x']) {
    t.is(parseWindow(text), null, text);
  }
});
