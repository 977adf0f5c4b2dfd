import test from 'ava';
import {LoopDelay} from '../../src/liveness/loop-delay.js';

test('loop delay: a tick that comes when it is due, or early, is none', t => {
  const loop = new LoopDelay(500);
  t.deepEqual([loop.tick(100), loop.tick(600), loop.tick(1_090)], [0, 0, 0]);
  t.is(loop.worstMs, 0);
});

test('loop delay: a late tick says how late, and does not make the next one late', t => {
  const loop = new LoopDelay(500);
  loop.tick(0);
  t.is(loop.tick(2_300), 1_800);
  t.is(loop.tick(2_800), 0);
  t.is(loop.worstMs, 1_800);
});

test('loop delay: is forgotten after twenty more ticks', t => {
  const loop = new LoopDelay(500);
  loop.tick(0);
  loop.tick(900);
  for (let tick = 1; tick < 20; tick += 1) {
    loop.tick(900 + tick * 500);
  }

  t.is(loop.worstMs, 400);
  loop.tick(900 + 20 * 500);
  t.is(loop.worstMs, 0);
});
