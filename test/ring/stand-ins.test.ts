import test from 'ava';
import {domainsOf, type Labels} from '../../src/ring/domains.js';
import {orderStandIns} from '../../src/ring/stand-ins.js';

const ids = Array.from({length: 9}, (_, index) => `h${index + 1}`);
const domains = (labels: (index: number) => Labels = () => ({})) =>
  domainsOf(ids.map((id, index) => ({id, labels: labels(index), weight: 1})));
const OWNERS = [0, 1, 2];

test('order: every host that is no owner, once, the chosen one first', t => {
  for (let partition = 0; partition < 50; partition += 1) {
    const order = orderStandIns(partition, OWNERS, 5, ids, domains());
    t.is(order[0], 5);
    t.deepEqual(
      order.toSorted((a, b) => a - b),
      [3, 4, 5, 6, 7, 8],
    );
  }
});

test('order: those on the machine of an owner come last', t => {
  const machines = domains(index => ({
    machine: index === 0 || index === 4 ? 'shared' : `m${index}`,
  }));
  for (let partition = 0; partition < 50; partition += 1) {
    t.is(orderStandIns(partition, OWNERS, 5, ids, machines).at(-1), 4);
  }
});

test('order: no host follows another everywhere', t => {
  const seconds = new Map<number, number>();
  for (let partition = 0; partition < 500; partition += 1) {
    const [, second = -1] = orderStandIns(partition, OWNERS, 5, ids, domains());
    seconds.set(second, (seconds.get(second) ?? 0) + 1);
  }

  t.is(seconds.size, 5);
  t.true(Math.max(...seconds.values()) < 200);
});

test('order: equal inputs give equal orders, and without others there is none', t => {
  const order = () => orderStandIns(7, OWNERS, 5, ids, domains());
  t.deepEqual(order(), order());
  t.deepEqual(orderStandIns(0, [...ids.keys()], null, ids, domains()), []);
});
