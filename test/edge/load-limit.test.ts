import {fc, testProp} from '@fast-check/ava';
import test from 'ava';
import {LoadLimit} from '../../src/edge/load-limit.js';

const options = {wantedMs: 100, first: 40, least: 4, most: 400};

/** Takes on as many as there is room for, up to `offered`; how many those are. */
function fill(limit: LoadLimit, offered: number): number {
  let begun = 0;
  while (begun < offered && limit.begin()) {
    begun += 1;
  }

  return begun;
}

function endAll(limit: LoadLimit, count: number, tookMs: number | null): void {
  for (let no = 0; no < count; no += 1) {
    limit.end(tookMs);
  }
}

const step = fc.oneof(
  fc.record({kind: fc.constant('begin' as const)}),
  fc.record({
    kind: fc.constant('end' as const),
    tookMs: fc.option(fc.integer({min: 0, max: 5_000})),
  }),
  fc.record({
    kind: fc.constant('adjust' as const),
    afterMs: fc.integer({min: 0, max: 1_000}),
    cameMs: fc.integer({min: 0, max: 2_000}),
  }),
);

testProp(
  'limit: never more are under way than it said, and it stays within its bounds',
  [fc.array(step, {minLength: 1, maxLength: 300})],
  (t, steps) => {
    const limit = new LoadLimit(options, 0);
    let nowMs = 0;
    let underWay = 0;
    for (const next of steps) {
      if (next.kind === 'begin') {
        const hasRoom = underWay < limit.limit;
        t.is(limit.begin(), hasRoom);
        underWay += hasRoom ? 1 : 0;
      } else if (next.kind === 'end' && underWay > 0) {
        limit.end(next.tookMs);
        underWay -= 1;
      } else if (next.kind === 'adjust') {
        nowMs += next.afterMs;
        limit.adjust(nowMs, next.cameMs);
      }

      t.is(limit.underWay, underWay);
      t.true(limit.limit >= options.least && limit.limit <= options.most);
    }
  },
);

test('limit: it falls only after windows in a row in which requests were late', t => {
  const limit = new LoadLimit(options, 0);
  for (let nowMs = 50; nowMs <= 1_000; nowMs += 50) {
    endAll(limit, fill(limit, 40), 100);
    limit.adjust(nowMs, 0);
    t.is(limit.limit, 40);
  }

  fill(limit, 40);
  endAll(limit, 10, 150);
  limit.adjust(1_050, 0);
  t.is(limit.limit, 40, 'one is not enough');
  endAll(limit, 10, 60);
  limit.adjust(1_100, 0);
  t.is(limit.limit, 40, 'nor are two with a good one between');
  limit.adjust(1_150, 5_000);
  t.is(limit.limit, 40);
});

test('limit: where nothing ends it falls by and by', t => {
  const limit = new LoadLimit({...options, least: 30}, 0);
  fill(limit, 30);
  for (let nowMs = 50; nowMs <= 200; nowMs += 50) {
    limit.adjust(nowMs, 0);
  }

  t.is(limit.limit, 40, 'they began within the last four windows');
  limit.adjust(250, 0);
  t.is(limit.limit, 30);
});

test('limit: once most were late for a while it is what ends within the wanted time', t => {
  const limit = new LoadLimit(options, 0);
  fill(limit, 40);
  for (const nowMs of [100, 200, 300]) {
    endAll(limit, 5, 150);
    endAll(limit, 4, 50);
    limit.adjust(nowMs, 0);
  }

  t.is(limit.limit, 9);
});

test('limit: of however few that are late, and however late, none is told of as a queue', t => {
  const limit = new LoadLimit(options, 0);
  for (let nowMs = 50; nowMs <= 2_000; nowMs += 50) {
    endAll(limit, fill(limit, 5), 1_500);
    limit.adjust(nowMs, 0);
  }

  t.is(limit.limit, 40);
});

test('limit: a stall of this host is no standing queue, whatever was under way', t => {
  const limit = new LoadLimit(options, 0);
  fill(limit, 40);
  limit.adjust(50, 0);
  limit.adjust(2_050, 2_000);
  endAll(limit, 20, 2_010);
  limit.adjust(2_100, 0);
  endAll(limit, 20, 60);
  limit.adjust(2_150, 0);
  t.is(limit.limit, 40);
});

test('limit: a moment in which little ended does not make it smaller than the best rate', t => {
  const limit = new LoadLimit(options, 0);
  for (let nowMs = 50; nowMs <= 400; nowMs += 50) {
    endAll(limit, fill(limit, 20), 50);
    limit.adjust(nowMs, 0);
  }

  fill(limit, 40);
  endAll(limit, 1, 300);
  limit.adjust(450, 0);
  t.is(limit.limit, 40);
});

test('limit: a queue that stands is late before anyone in it has ended late', t => {
  const limit = new LoadLimit({...options, first: 400}, 0);
  fill(limit, 300);
  for (const nowMs of [50, 100, 150]) {
    endAll(limit, 10, 60);
    limit.adjust(nowMs, 0);
  }

  t.is(limit.limit, 20);
});

test('limit: a burst is no standing queue', t => {
  const limit = new LoadLimit({...options, first: 400}, 0);
  endAll(limit, fill(limit, 5), 10);
  fill(limit, 300);
  limit.adjust(50, 0);
  t.is(limit.limit, 400);
});

test('limit: a few that are late, behind a slow owner, change nothing', t => {
  const limit = new LoadLimit(options, 0);
  for (let nowMs = 100; nowMs <= 1_000; nowMs += 100) {
    fill(limit, 20);
    endAll(limit, 8, 2_000);
    endAll(limit, 12, 20);
    limit.adjust(nowMs, 0);
  }

  t.is(limit.limit, 40);
});

test('limit: what ended for reasons of its own says nothing about load', t => {
  const limit = new LoadLimit(options, 0);
  fill(limit, 10);
  endAll(limit, 10, null);
  limit.adjust(100, 0);
  t.is(limit.limit, 40);
});

test('limit: it rises only by being met', t => {
  const limit = new LoadLimit(options, 0);
  endAll(limit, fill(limit, 30), 10);
  limit.adjust(100, 0);
  t.is(limit.limit, 40);
  endAll(limit, fill(limit, 50), 10);
  limit.adjust(200, 0);
  t.is(limit.limit, 45);
});

test('limit: the longer requests have waited before, the fewer are taken on', t => {
  const limitAfter = (cameMs: number): number => {
    const limit = new LoadLimit(options, 0);
    fill(limit, 40);
    for (const nowMs of [100, 200]) {
      endAll(limit, 18, 20);
      limit.adjust(nowMs, cameMs);
    }

    return limit.limit;
  };
  t.is(limitAfter(100), 40);
  t.is(limitAfter(150), 9);
  t.is(limitAfter(10_000), 4);
});

test('limit: time that requests take with few beside them is no reason to take on fewer', t => {
  const limit = new LoadLimit(options, 0);
  for (let no = 0; no < 500; no += 1) {
    fill(limit, 1);
    limit.end(180);
  }

  limit.adjust(100, 0);
  for (let nowMs = 200; nowMs <= 2_000; nowMs += 100) {
    endAll(limit, fill(limit, 40), 200);
    limit.adjust(nowMs, 0);
  }

  t.is(limit.limit, 40);
});

test('limit: of three times what can be done, those taken on take about the wanted time', t => {
  // One at a time, 2 ms each, first come first served: 50 end within the wanted 100 ms.
  const limit = new LoadLimit({...options, first: 400}, 0);
  const queue: number[] = [];
  const tookMs: number[] = [];
  let taken = 0;
  for (let nowMs = 1; nowMs <= 5_000; nowMs += 1) {
    for (let offered = nowMs % 2 === 0 ? 2 : 1; offered > 0; offered -= 1) {
      if (limit.begin()) {
        taken += 1;
        queue.push(nowMs);
      }
    }

    const begunMs = nowMs % 2 === 0 ? queue.shift() : undefined;
    if (begunMs !== undefined) {
      limit.end(nowMs - begunMs);
      tookMs.push(nowMs - begunMs);
    }

    if (nowMs % 50 === 0) {
      limit.adjust(nowMs, 0);
    }
  }

  t.true(tookMs.length > 2_400, 'it is never idle');
  t.true(Math.max(...tookMs.slice(1_000)) < 200);
  t.true(taken < 3_000);
});
