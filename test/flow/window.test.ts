import {fc, testProp} from '@fast-check/ava';
import test from 'ava';
import {Window} from '../../src/flow/window.js';

const bounds = {itemsFirst: 4, itemsMax: 64, bytesMax: 1_000};

/** Fills the window, has all of it taken, and tells how many there were. */
function round(window: Window, bytes = 1): number {
  let sent = 0;
  while (window.hasRoom) {
    window.sent(bytes);
    sent += 1;
  }

  for (let ended = 0; ended < sent; ended += 1) {
    window.ended(bytes);
    window.grow();
  }

  return sent;
}

test('window: doubles each round until the first refusal, then grows by one a round', t => {
  const window = new Window(bounds);
  t.deepEqual([round(window), round(window), round(window)], [4, 8, 16]);
  window.shrink();
  t.is(window.size, 16);
  t.is(round(window), 16);
  const after = [round(window), round(window), round(window)];
  t.true((after[2] ?? 0) - 16 <= 3, String(after));
  t.true((after[2] ?? 0) > 16, String(after));
});

test('window: a host that takes nothing is asked for one thing at a time, never for none', t => {
  const window = new Window(bounds);
  for (let refusal = 0; refusal < 20; refusal += 1) {
    window.shrink();
  }

  t.is(window.size, 1);
  t.true(window.hasRoom);
  window.sent(5);
  t.false(window.hasRoom);
});

test('window: one item that is larger than all bytes allowed still goes, alone', t => {
  const window = new Window(bounds);
  t.is(round(window, 5_000), 1);
});

testProp(
  'window: whatever happens, no more is under way than its bounds allow',
  [fc.array(fc.constantFrom('send', 'taken', 'refused'), {minLength: 1, maxLength: 500})],
  (t, steps) => {
    const window = new Window(bounds);
    for (const step of steps) {
      if (step === 'send' && window.hasRoom) {
        window.sent(100);
      } else if (step !== 'send' && window.underWay > 0) {
        window.ended(100);
        (step === 'taken' ? () => window.grow() : () => window.shrink())();
      }

      t.true(window.underWay <= bounds.itemsMax && window.underWay * 100 <= bounds.bytesMax);
      t.true(window.size >= 1 && window.size <= bounds.itemsMax);
    }
  },
);
