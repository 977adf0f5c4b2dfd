import test from 'ava';
import * as fc from 'fast-check';
import type {RingHost} from '../../src/ring/domains.js';
import {place, type Placement} from '../../src/ring/placement.js';

const label = (name: string, count: number) =>
  fc.option(
    fc.nat(count - 1).map(index => `${name}${index}`),
    {nil: undefined},
  );
const labels = fc.record({region: label('r', 3), zone: label('z', 4), machine: label('m', 8)});
const hostsOf = (shape: fc.Arbitrary<Omit<RingHost, 'id'>>, minLength = 1) =>
  fc
    .array(shape, {minLength, maxLength: 20})
    .map(shapes => shapes.map((host, index) => ({id: `h${index}`, ...host})));

const anyHosts = hostsOf(fc.record({labels, weight: fc.integer({min: 1, max: 8})}));
const plainHosts = hostsOf(fc.constant({labels: {}, weight: 1}), 5);
const ringSize = fc.oneof(
  {weight: 1, arbitrary: fc.constantFrom(1, 2, 7)},
  {weight: 6, arbitrary: fc.constant(67)},
  {weight: 1, arbitrary: fc.constant(1021)},
);
const copies = fc.integer({min: 1, max: 5});

const countsOf = (placement: Placement, hosts: readonly RingHost[]) =>
  hosts.map((_, host) => placement.owners.flat().filter(owner => owner === host).length);
const idsOf = (placement: Placement, hosts: readonly RingHost[]) =>
  placement.owners.map(row => row.map(owner => hosts[owner]?.id ?? '?'));

/** The domain of a host at each level, spelled out. */
const domains = {
  region: ({labels: {region}}: RingHost) => region ?? '',
  zone: ({labels: {region, zone}}: RingHost) => [region ?? '', zone ?? ''].join('/'),
  machine: ({id, labels: {region, zone, machine}}: RingHost) =>
    [region ?? '', zone ?? '', machine ?? `alone ${id}`].join('/'),
  host: ({id}: RingHost) => id,
};
const distinct = (values: readonly string[]) => new Set(values).size;

test('placement: owners differ in machine, zone and region while there are enough of them', t => {
  fc.assert(
    fc.property(anyHosts, ringSize, copies, (hosts, partitions, n) => {
      const {owners, standIns} = place({partitions, n, hosts, previous: null});
      t.is(owners.length, partitions);
      for (const domainOf of Object.values(domains)) {
        const there = distinct(hosts.map(domainOf));
        for (const row of owners) {
          const used = distinct(row.flatMap(owner => hosts[owner] ?? []).map(domainOf));
          t.is(used, Math.min(n, hosts.length, there));
        }
      }

      for (const [partition, standIn] of standIns.entries()) {
        t.is(standIn === null, hosts.length <= n);
        t.false(owners[partition]?.includes(standIn ?? -1));
      }
    }),
  );
});

test('placement: a stand-in shares a machine with an owner only where every other host does', t => {
  fc.assert(
    fc.property(anyHosts, copies, (hosts, n) => {
      const {owners, standIns} = place({partitions: 67, n, hosts, previous: null});
      for (const [partition, row] of owners.entries()) {
        const used = row.flatMap(owner => hosts[owner] ?? []).map(domains.machine);
        const others = hosts.filter((_, index) => !row.includes(index));
        const standIn = hosts[standIns[partition] ?? -1];
        if (standIn !== undefined && used.includes(domains.machine(standIn))) {
          t.true(others.every(other => used.includes(domains.machine(other))));
        }
      }
    }),
  );
  t.pass();
});

test('placement: hosts own their part by weight, within one partition of fair', t => {
  const weighted = hostsOf(
    fc.record({labels: fc.constant({}), weight: fc.integer({min: 1, max: 8})}),
  );
  fc.assert(
    fc.property(weighted, ringSize, copies, (hosts, partitions, n) => {
      const weight = hosts.reduce((sum, host) => sum + host.weight, 0);
      const slots = partitions * Math.min(n, hosts.length);
      const counts = countsOf(place({partitions, n, hosts, previous: null}), hosts);
      // A host cannot own more than all partitions, so what is fair is computed where none would
      // have to.
      const fair = hosts.map(host => (slots * host.weight) / weight);
      if (Math.max(...fair) <= partitions) {
        for (const [host, count] of counts.entries()) {
          t.true(Math.abs(count - (fair[host] ?? 0)) < 1 + 1e-6);
        }
      }
    }),
  );
  t.pass();
});

test('placement: a host is first for its part of what it owns, within one', t => {
  fc.assert(
    fc.property(anyHosts, ringSize, copies, (hosts, partitions, n) => {
      const placement = place({partitions, n, hosts, previous: null});
      for (const [host, count] of countsOf(placement, hosts).entries()) {
        const firsts = placement.owners.filter(([first]) => first === host).length;
        t.true(Math.abs(firsts - count / Math.min(n, hosts.length)) < 1);
      }
    }),
  );
  t.pass();
});

test('placement: when a host joins, partitions move only to it, and no more than its part', t => {
  fc.assert(
    fc.property(plainHosts, ringSize, fc.integer({min: 1, max: 4}), (hosts, partitions, n) => {
      const [joiner, ...old] = hosts.toReversed();
      const before = place({partitions, n, hosts: old, previous: null});
      const after = place({partitions, n, hosts, previous: idsOf(before, old)});
      t.true(after.moves.every(({to}) => to === joiner?.id));
      t.true(after.moves.length <= Math.ceil((partitions * n) / hosts.length));
    }),
  );
});

test('placement: when a host leaves, only its partitions move', t => {
  fc.assert(
    fc.property(
      plainHosts,
      ringSize,
      fc.integer({min: 1, max: 4}),
      fc.nat(),
      (hosts, partitions, n, pick) => {
        const before = place({partitions, n, hosts, previous: null});
        const left = pick % hosts.length;
        const rest = hosts.toSpliced(left, 1);
        const after = place({partitions, n, hosts: rest, previous: idsOf(before, hosts)});
        t.true(after.moves.every(({from}) => from === hosts[left]?.id));
        t.is(after.moves.length, countsOf(before, hosts)[left] ?? -1);
      },
    ),
  );
});

test('placement: evening out after a loss passes on what moves anyway', t => {
  const weights = {h0: 4, h1: 4, h2: 3, h3: 1};
  const hosts = Object.entries(weights).map(([id, weight]) => ({
    id,
    labels: {zone: id === 'h0' ? 'alone' : 'shared'},
    weight,
  }));
  const before = place({partitions: 7, n: 2, hosts, previous: null});
  const after = place({partitions: 7, n: 2, hosts: hosts.slice(1), previous: idsOf(before, hosts)});
  t.is(after.moves.length, 7);
  t.true(after.moves.every(({from}) => from === 'h0'));
});

test('placement: what is right already does not move, nor change its order', t => {
  fc.assert(
    fc.property(anyHosts, ringSize, copies, (hosts, partitions, n) => {
      const before = place({partitions, n, hosts, previous: null});
      const again = place({partitions, n, hosts, previous: idsOf(before, hosts)});
      t.deepEqual(again.moves, []);
      t.deepEqual(again.owners, before.owners);
    }),
  );
});

test('placement: joins and leaves in any clusters keep owners apart and loads fair', t => {
  const change = fc.record({
    joins: fc.boolean(),
    pick: fc.nat(),
    labels,
    weight: fc.integer({min: 1, max: 8}),
  });
  fc.assert(
    fc.property(anyHosts, copies, fc.array(change, {maxLength: 6}), (start, n, changes) => {
      let hosts: RingHost[] = start;
      let placement = place({partitions: 67, n, hosts, previous: null});
      for (const [index, {joins, pick, ...host}] of changes.entries()) {
        const previous = idsOf(placement, hosts);
        hosts =
          joins || hosts.length === 1
            ? [...hosts, {id: `new${index}`, ...host}]
            : hosts.toSpliced(pick % hosts.length, 1);
        placement = place({partitions: 67, n, hosts, previous});
        const fresh = place({partitions: 67, n, hosts, previous: null});
        const freshCounts = countsOf(fresh, hosts);
        for (const [at, count] of countsOf(placement, hosts).entries()) {
          // Both round the same share up or down.
          t.true(Math.abs(count - (freshCounts[at] ?? 0)) <= 1);
        }

        for (const domainOf of Object.values(domains)) {
          const there = distinct(hosts.map(domainOf));
          for (const row of placement.owners) {
            const used = distinct(row.flatMap(owner => hosts[owner] ?? []).map(domainOf));
            t.is(used, Math.min(n, hosts.length, there));
          }
        }

        const changed = placement.owners.flatMap((row, partition) =>
          row.filter(owner => !previous[partition]?.includes(hosts[owner]?.id ?? '?')),
        );
        t.is(placement.moves.filter(({to}) => to !== null).length, changed.length);
      }
    }),
    {numRuns: 60},
  );
});

for (const [partitions, n, size] of [
  [67, 3, 5],
  [67, 3, 10],
  [67, 3, 20],
  [67, 2, 6],
  [1021, 3, 9],
  [1021, 5, 12],
] as const) {
  const title = `Q ${partitions}, n ${n}, ${size} hosts`;

  test(`placement: a lost host's load does not fall on one neighbour (${title})`, t => {
    const hosts = Array.from({length: size}, (_, index) => ({
      id: `h${index}`,
      labels: {},
      weight: 1,
    }));
    const {owners, standIns, unsatisfied} = place({partitions, n, hosts, previous: null});
    t.deepEqual(unsatisfied, []);
    for (const lost of hosts.keys()) {
      const seconds = owners.filter(([first]) => first === lost).map(([, second]) => second);
      const heirs = standIns.filter((_, partition) => owners[partition]?.includes(lost));
      for (const taken of [seconds, heirs]) {
        const most = Math.max(
          ...hosts.map((_, host) => taken.filter(heir => heir === host).length),
        );
        t.true(most <= Math.ceil((2 * taken.length) / (size - 1)) + 1);
      }
    }
  });
}

test('placement: a neighbour that would take too much of a lost host is reported', t => {
  fc.assert(
    fc.property(anyHosts, copies, (hosts, n) => {
      const placement = place({partitions: 67, n, hosts, previous: null});
      const {owners, standIns, unsatisfied} = placement;
      const counts = countsOf(placement, hosts);
      for (const [lost, {id}] of hosts.entries()) {
        const others = counts.reduce((sum, count) => sum + count, 0) - (counts[lost] ?? 0);
        const copiesLost = standIns.filter((_, partition) => owners[partition]?.includes(lost));
        for (const [heir, {id: heirId}] of hosts.entries()) {
          const taken = copiesLost.filter(host => host === heir).length;
          const fair = (copiesLost.length * (counts[heir] ?? 0)) / others;
          const isReported = unsatisfied.some(({hosts: ids}) => ids[0] === id && ids[1] === heirId);
          t.true(taken <= 2 * fair + 2 || isReported);
        }
      }
    }),
  );
  t.pass();
});

test('placement: equal inputs give equal placements', t => {
  fc.assert(
    fc.property(anyHosts, ringSize, copies, (hosts, partitions, n) => {
      const input = {partitions, n, hosts, previous: null};
      t.deepEqual(place(input), place(structuredClone(input)));
    }),
    {numRuns: 30},
  );
});

const requirements = (hosts: readonly RingHost[], n: number) => {
  const {unsatisfied} = place({partitions: 67, n, hosts, previous: null});
  return unsatisfied.map(({requirement}) => requirement);
};

const on = (labelled: RingHost['labels'], count: number) =>
  Array.from({length: count}, (_, index) => ({id: `h${index}`, labels: labelled, weight: 1}));

test('placement: too few hosts, machines, zones or regions are reported', t => {
  t.deepEqual(requirements(on({}, 2), 3), ['copies']);
  t.deepEqual(requirements(on({machine: 'm'}, 3), 3), ['machine']);
  t.deepEqual(requirements(on({zone: 'z', region: 'r'}, 3), 3), ['region', 'zone']);
  t.deepEqual(requirements(on({}, 3), 3), []);
});

test('placement: a weight that keeping copies apart does not allow is reported', t => {
  const hosts = [10, 1, 1].map((weight, index) => ({id: `h${index}`, labels: {}, weight}));
  t.deepEqual(requirements(hosts, 3), ['weight', 'weight', 'weight']);
});

test('placement: fewer copies than before give up slots, more open them', t => {
  const hosts = Array.from({length: 5}, (_, index) => ({id: `h${index}`, labels: {}, weight: 1}));
  const three = place({partitions: 67, n: 3, hosts, previous: null});
  const two = place({partitions: 67, n: 2, hosts, previous: idsOf(three, hosts)});
  t.is(two.moves.filter(({to}) => to === null).length, 67);
  const four = place({partitions: 67, n: 4, hosts, previous: idsOf(three, hosts)});
  t.is(four.moves.length, 67);
  t.true(four.moves.every(({from}) => from === null));
});
