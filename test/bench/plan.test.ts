import test from 'ava';
import {planned, roundOf} from '../../bench/plan.js';
import {rowsOf} from '../../bench/report/rows.js';
import {verdicts} from '../../bench/report/targets.js';
import type {SliceResult} from '../../bench/generator/protocol.js';
import type {SystemName} from '../../bench/systems/system.js';

const systems: SystemName[] = ['Quorate library', 'JetStream KV R3', 'etcd'];

const result = (opsPerSecond: number): SliceResult => ({
  operations: opsPerSecond,
  seconds: 1,
  opsPerSecond,
  p50Ms: 1,
  p99Ms: 2,
  p999Ms: 3,
  maxMs: 4,
  outcomes: {done: opsPerSecond, missing: 0, conflict: 0, failed: 0, late: 0},
  cpuMicros: {client: 10 * opsPerSecond},
  machineMicros: 10 * opsPerSecond + 50_000,
  residentBytes: {client: 1_000},
  failure: null,
});

test('plan: systems follow one another at each point, in an order that rotates', t => {
  const points = planned({systems, workloads: ['put', 'A'], inFlight: [1, 64], rates: []});
  const orders = [0, 1].map(round => roundOf(points, round).map(({system}) => system));
  for (const order of orders) {
    for (let at = 0; at < order.length; at += systems.length) {
      t.deepEqual(order.slice(at, at + systems.length).toSorted(), systems.toSorted());
    }
  }

  t.not(orders[0]?.[0], orders[0]?.[systems.length]);
  t.not(orders[0]?.[0], orders[1]?.[0]);
});

test('plan: open loops are for single operations, RocksDB for what it can be asked', t => {
  const all: SystemName[] = [...systems, 'RocksDB limit'];
  const measured = planned({
    systems: all,
    workloads: ['put', 'F'],
    inFlight: [64],
    rates: [1_000],
  }).flat();
  const open = measured.filter(({point}) => point.load.kind === 'open');
  t.true(open.every(({point}) => point.workload === 'put'));
  const limit = measured.filter(({system}) => system === 'RocksDB limit');
  t.deepEqual(
    limit.map(({point}) => point),
    [{workload: 'put', load: {kind: 'closed', inFlight: 64}}],
  );
});

test('rows: medians over the rounds, with the spread, and what others took', t => {
  const point = {workload: 'put', load: {kind: 'closed', inFlight: 64}} as const;
  const results = [300, 100, 200].map(result);
  const [row] = rowsOf([{system: 'Quorate library', point, results}]);
  t.is(row?.opsPerSecond, 200);
  t.deepEqual(row?.spread.opsPerSecond, [100, 300]);
  t.deepEqual(row?.cpuMicros, {client: 10});
  t.is(row?.othersCpuPercent, 5);
});

test("rows: RocksDB's puts are divided by the copies of a put, their cost multiplied", t => {
  const point = {workload: 'put', load: {kind: 'closed', inFlight: 64}} as const;
  const [row] = rowsOf([{system: 'RocksDB limit', point, results: [result(300)]}]);
  t.is(row?.opsPerSecond, 100);
  t.deepEqual(row?.cpuMicros, {client: 30});
});

test('targets: met, not met, and not told of what was not measured', t => {
  const point = {workload: 'put', load: {kind: 'closed', inFlight: 64}} as const;
  const rows = rowsOf([
    {system: 'Quorate library', point, results: [result(130)]},
    {system: 'JetStream KV R3', point, results: [result(100)]},
  ]);
  const found = verdicts(rows).filter(({reached}) => reached !== null);
  const rates = found.filter(({figure}) => figure === 'opsPerSecond');
  t.deepEqual(
    rates.map(({wanted, reached, met}) => [wanted, reached, met]),
    [
      [1.2, 1.3, true],
      [1.5, 1.3, false],
    ],
  );
  // Latencies are met by being at most as large.
  t.true(found.some(({figure, met}) => figure === 'p99Ms' && met === true));
});
