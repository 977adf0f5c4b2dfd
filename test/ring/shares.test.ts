import test from 'ava';
import * as fc from 'fast-check';
import {decisiveLevels, domainsOf} from '../../src/ring/domains.js';
import {fairShares} from '../../src/ring/shares.js';

const cluster = fc
  .array(
    fc.record({
      region: fc.nat(2),
      zone: fc.nat(2),
      machine: fc.nat(3),
      weight: fc.integer({min: 1, max: 50}),
    }),
    {minLength: 1, maxLength: 20},
  )
  .map(hosts =>
    hosts.map(({region, zone, machine, weight}, index) => ({
      id: `h${index}`,
      labels: {region: `r${region}`, zone: `z${zone}`, machine: `m${machine}`},
      weight,
    })),
  );

const shared = fc
  .tuple(cluster, fc.constantFrom(1, 67, 1021), fc.integer({min: 1, max: 6}))
  .map(([hosts, partitions, n]) => {
    const copies = Math.min(n, hosts.length);
    const domains = domainsOf(hosts);
    const levels = decisiveLevels(domains, copies);
    const input = {
      weights: hosts.map(({weight}) => weight),
      partitions,
      copies,
      apart: domains[levels.apart].of,
      covered: domains[levels.covered].of,
    };
    return {...input, shares: fairShares(input)};
  });

const totals = (groups: readonly number[], values: readonly number[]) => {
  const sums = new Map<number, number>();
  for (const [index, group] of groups.entries()) {
    sums.set(group, (sums.get(group) ?? 0) + (values[index] ?? 0));
  }
  return [...sums.values()];
};

test('shares: add up to partitions times copies', t => {
  fc.assert(
    fc.property(shared, ({shares, partitions, copies}) => {
      const total = shares.reduce((sum, share) => sum + share, 0);
      t.true(Math.abs(total - partitions * copies) < 1e-6);
    }),
  );
});

test('shares: no group kept apart has more than all partitions, none covered has less', t => {
  fc.assert(
    fc.property(shared, ({shares, partitions, apart, covered}) => {
      t.true(totals(apart, shares).every(total => total <= partitions + 1e-6));
      t.true(totals(covered, shares).every(total => total >= partitions - 1e-6));
    }),
  );
});

test('shares: are in proportion to weight in a group, and between groups that are not full', t => {
  fc.assert(
    fc.property(shared, ({shares, weights, partitions, apart, covered}) => {
      const full = totals(apart, shares).map(total => total > partitions - 1e-6);
      for (const [a, shareA] of shares.entries()) {
        for (const [b, shareB] of shares.entries()) {
          const isSameGroup = apart[a] === apart[b];
          const isOpen =
            covered[a] === covered[b] &&
            full[apart[a] ?? 0] === false &&
            full[apart[b] ?? 0] === false;
          if (isSameGroup || isOpen) {
            t.true(Math.abs(shareA * (weights[b] ?? 0) - shareB * (weights[a] ?? 0)) < 1e-4);
          }
        }
      }
    }),
  );
  t.pass();
});

const alone = (weights: number[], copies: number) =>
  fairShares({
    weights,
    partitions: 60,
    copies,
    apart: [...weights.keys()],
    covered: weights.map(() => 0),
  });

test('shares: equal hosts have equal shares, a heavy one no more than all partitions', t => {
  t.deepEqual(
    alone([1, 1, 1, 1], 2).map(share => Math.round(share)),
    [30, 30, 30, 30],
  );
  t.deepEqual(
    alone([9, 1, 1, 1], 2).map(share => Math.round(share)),
    [60, 20, 20, 20],
  );
  t.deepEqual(
    alone([2, 1], 1).map(share => Math.round(share)),
    [40, 20],
  );
});
