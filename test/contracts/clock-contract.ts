/**
 * What every Clock must do. An adapter's test file hands in a clock and a way to let its time pass.
 */
import type {TestFn} from 'ava';
import type {Clock} from '../../src/ports/clock.js';

export type ClockWorld = {
  readonly clock: Clock;
  /** Lets time go on until the condition holds; rejects when it does not come to hold. */
  readonly until: (condition: () => boolean) => Promise<void>;
};

export function testClock(test: TestFn, adapter: string, open: () => ClockWorld): void {
  const title = (behaviour: string) => `${adapter} clock: ${behaviour}`;

  test(
    title('timers run in the order of their times, equal ones in the order they were set'),
    async t => {
      const {clock, until} = open();
      const ran: string[] = [];
      for (const [name, delayMs] of [
        ['c', 60],
        ['a', 20],
        ['d', 60],
        ['b', 40],
      ] as const) {
        clock.setTimeout(() => ran.push(name), delayMs);
      }
      t.deepEqual(ran, []);
      await until(() => ran.length === 4);
      t.deepEqual(ran, ['a', 'b', 'c', 'd']);
    },
  );

  test(
    title('a timer that was cleared never runs, and clearing it again does no harm'),
    async t => {
      const {clock, until} = open();
      let last = false;
      const cleared = clock.setTimeout(() => t.fail('cleared'), 10);
      clock.setTimeout(() => {
        last = true;
      }, 30);
      clock.clearTimeout(cleared);
      clock.clearTimeout(cleared);
      await until(() => last);
      t.pass();
    },
  );

  test(title('a timer that a timer sets counts from then on'), async t => {
    const {clock, until} = open();
    const startMs = clock.nowMs();
    let secondMs = 0;
    clock.setTimeout(() => {
      clock.setTimeout(() => {
        secondMs = clock.nowMs();
      }, 20);
    }, 20);
    await until(() => secondMs > 0);
    // Timers of a real machine are kept to the millisecond.
    t.true(secondMs - startMs >= 38);
  });

  test(title('a delay below zero is none'), async t => {
    const {clock, until} = open();
    const ran: string[] = [];
    clock.setTimeout(() => ran.push('later'), 20);
    clock.setTimeout(() => ran.push('now'), -5);
    await until(() => ran.length === 2);
    t.deepEqual(ran, ['now', 'later']);
  });

  test(title('the end of a turn comes after the turn, once, in order'), async t => {
    const {clock, until} = open();
    const ran: string[] = [];
    clock.setTimeout(() => {
      clock.endOfTurn(() => ran.push('first'));
      clock.endOfTurn(() => ran.push('second'));
      ran.push('turn');
      queueMicrotask(() => ran.push('microtask'));
    }, 1);
    await until(() => ran.length === 4);
    t.is(ran[0], 'turn');
    t.true(ran.indexOf('first') < ran.indexOf('second'));
  });

  test(title('what is registered at the end of a turn belongs to the next'), async t => {
    const {clock, until} = open();
    const ran: string[] = [];
    clock.endOfTurn(() => {
      ran.push('first');
      clock.endOfTurn(() => ran.push('next'));
    });
    clock.endOfTurn(() => ran.push('second'));
    await until(() => ran.length === 3);
    t.deepEqual(ran, ['first', 'second', 'next']);
  });

  test(title('monotonic time never goes back'), async t => {
    const {clock, until} = open();
    const seenMs = [clock.nowMs()];
    for (let n = 0; n < 20; n++) {
      clock.setTimeout(() => seenMs.push(clock.nowMs()), n);
    }
    await until(() => seenMs.length === 21);
    t.deepEqual(
      seenMs,
      seenMs.toSorted((a, b) => a - b),
    );
  });
}
