import test from 'ava';
import {SimRandom} from '../../src/sim/random.js';
import {chooseTopology} from '../../src/topology/choose.js';
import {createTopology} from '../../src/topology/create.js';
import type {Topology} from '../../src/topology/document.js';

const create = (seed: number) =>
  createTopology({hosts: [{id: 'h1'}], partitions: 1}, new SimRandom(seed)).topology;
const first = create(1);
/** The reason for a refusal; '' for a choice. */
const reasonOf = (choice: Topology | string) => (typeof choice === 'string' ? choice : '');
const newer = {...first, epoch: first.epoch + 1};

test('choose: a host that has stored nothing goes by what it is given', t => {
  t.is(chooseTopology(null, first), first);
});

test('choose: a host that is given nothing goes by what it has stored', t => {
  t.is(chooseTopology(first, null), first);
});

test('choose: of two epochs the newer one, so that a host never goes back', t => {
  t.is(chooseTopology(newer, first), newer);
  t.is(chooseTopology(first, newer), newer);
  t.is(chooseTopology(first, {...first}), first);
});

test('choose: another cluster is refused even when its epoch is higher, naming both', t => {
  const other = {...create(2), epoch: first.epoch + 5};
  const reason = reasonOf(chooseTopology(first, other));
  t.true(reason.includes(first.cluster.id));
  t.true(reason.includes(other.cluster.id));
});

test('choose: neither stored nor given says how to start', t => {
  t.regex(reasonOf(chooseTopology(null, null)), /--topology/);
});
