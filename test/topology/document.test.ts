import {createHash} from 'node:crypto';
import test from 'ava';
import * as fc from 'fast-check';
import type {Random} from '../../src/ports/random.js';
import {contradictions, createTopology, type TopologyOptions} from '../../src/topology/create.js';
import {
  checkTopology,
  parsePublicTopology,
  parseTopology,
  publicTopology,
  serializeTopology,
  TopologyError,
} from '../../src/topology/document.js';
import {hostOf, ownersOf, partitionsOf, policyOf, standInOf} from '../../src/topology/lookup.js';

const random: Random = {
  bytes: count => createHash('shake128', {outputLength: count}).update('seed').digest(),
  below: () => 0,
};
const three = [{id: 'h1'}, {id: 'h2'}, {id: 'h3'}];
const create = (options: Partial<TopologyOptions> = {}) =>
  createTopology({hosts: three, ...options}, random).topology;
const problemsOf = (build: () => unknown): string => {
  try {
    build();
    return '';
  } catch (error) {
    return error instanceof TopologyError ? error.problems.join('\n') : String(error);
  }
};

test('topology: a new one has epoch 1, 67 partitions, n 3, and everything in it', t => {
  const topology = create();
  t.is(topology.epoch, 1);
  t.is(topology.partitions, 67);
  t.is(topology.n, 3);
  t.is(topology.cluster.name, 'quorate');
  t.is(topology.cluster.id.length, 22);
  t.is(topology.cluster.secret.length, 43);
  t.is(ownersOf(topology, 66).length, 3);
  t.is(standInOf(topology, 0), null);
  t.is(partitionsOf(topology, 'h1').length, 67);
  t.is(hostOf(topology, 'h2')?.weight, 1);
  t.is(hostOf(topology, 'h9'), null);
});

test('topology: what is serialized parses to the same', t => {
  const options = fc.record({
    partitions: fc.constantFrom(1, 2, 67, 101),
    n: fc.integer({min: 1, max: 4}),
    hosts: fc
      .integer({min: 3, max: 9})
      .map(size => Array.from({length: size}, (_, index) => ({id: `h${index}`}))),
  });
  fc.assert(
    fc.property(options, given => {
      const topology = create(given);
      t.deepEqual(parseTopology(serializeTopology(topology)), topology);
    }),
    {numRuns: 30},
  );
});

test('topology: a document that parses is consistent, whatever else arrives is refused', t => {
  const good = create({hosts: [...three, {id: 'h4'}]});
  const broken = (change: object) => problemsOf(() => checkTopology({...good, ...change}));
  t.is(broken({}), '');
  t.regex(
    broken({hosts: [...three, {id: 'h1'}].map(host => ({labels: {}, weight: 1, ...host}))}),
    /same id/,
  );
  t.regex(broken({owners: good.owners.slice(1)}), /66 entries for 67/);
  t.regex(broken({owners: good.owners.map(() => [0, 0, 1])}), /lists a host twice/);
  t.regex(broken({owners: good.owners.map(() => [0, 1, 9])}), /does not exist/);
  t.regex(broken({owners: good.owners.map(() => [0, 1])}), /has 2 owners/);
  t.regex(broken({standIns: good.owners.map(([first]) => first)}), /lists a host twice/);
  t.regex(broken({partitionEpochs: good.partitionEpochs.map(() => 2)}), /beyond the epoch/);
  t.regex(broken({partitions: 64}), /prime/);
  t.regex(broken({format: 2}), /format/);
  t.regex(broken({epoch: 0}), /epoch/);
  t.regex(broken({moves: [{}]}), /moves/);
  t.regex(broken({cluster: {...good.cluster, secret: 'short'}}), /secret/);
  t.regex(broken({cluster: {...good.cluster, name: '_INBOX'}}), /cluster name/);
  t.regex(
    problemsOf(() => parseTopology('{')),
    /no JSON/,
  );
  t.regex(
    broken({buckets: {...good.buckets, defaults: {...good.buckets.defaults, n: 5}}}),
    /n=5 is more/,
  );
});

test('topology: any JSON is refused or accepted, and never ends in another error', t => {
  fc.assert(
    fc.property(fc.jsonValue(), value => {
      t.throws(() => checkTopology(value), {instanceOf: TopologyError});
    }),
  );
});

test('topology: the secret never leaves the hosts', t => {
  const topology = create();
  const told = serializeTopology(publicTopology(topology));
  t.false(told.includes(topology.cluster.secret));
  const heard = parsePublicTopology(told);
  t.deepEqual(ownersOf(heard, 5), ownersOf(topology, 5));
  t.throws(() => parseTopology(told), {instanceOf: TopologyError});
});

test('topology: a single host implies n 1, and its buckets follow', t => {
  const topology = create({hosts: [{id: 'h1'}]});
  t.is(topology.n, 1);
  t.like(policyOf(topology, 'any'), {n: 1, r: 1, w: 1});
});

test('topology: with fewer hosts than n, quorums count what the policy says', t => {
  const topology = create({hosts: three.slice(0, 2)});
  t.like(policyOf(topology, 'any'), {n: 3, r: 2, w: 2});
  t.is(ownersOf(topology, 0).length, 2);
});

for (const [what, options, reason] of [
  ['partitions that are no prime', {partitions: 64}, /64 partitions are not possible: use a prime/],
  ['too many partitions', {partitions: 16_411}, /use a prime up to 16381/],
  ['n without a quorum', {hosts: [{id: 'h1'}], n: 3}, /n=3 has no quorum on 1 hosts/],
  ['n of 0', {n: 0}, /n cannot be 0/],
  ['no hosts', {hosts: []}, /no quorum on 0 hosts/],
  ['a host id with a dot', {hosts: [{id: 'a.b'}, ...three]}, /host 'a\.b': a host id is/],
  ['a reserved host id', {hosts: [{id: 'all'}, ...three]}, /host 'all': this word is reserved/],
  ['a weight of 0', {hosts: [{id: 'h9', weight: 0}, ...three]}, /host 'h9'/],
  ['two hosts of one id', {hosts: [...three, {id: 'h1'}]}, /two hosts have the same id/],
  ['a bad cluster name', {name: 'a b'}, /a cluster name is/],
  [
    "a bucket's n beyond the cluster's",
    {buckets: [{bucket: 'a', policy: {n: 4}}]},
    /n=4 is more than the cluster's/,
  ],
  [
    'a bucket that is given twice',
    {
      buckets: [
        {bucket: 'a', policy: {}},
        {bucket: 'a', policy: {}},
      ],
    },
    /given twice/,
  ],
] as const) {
  test(`topology: ${what} is refused with the reason`, t => {
    t.regex(
      problemsOf(() => create(options)),
      reason,
    );
  });
}

test("policy lookup: quorums are counted for a bucket's n; unknown ones take the defaults", t => {
  const topology = create({
    hosts: [...three, {id: 'h4'}, {id: 'h5'}],
    n: 5,
    buckets: [{bucket: 'orders', policy: {n: 3, quorum: 'strict', w: 'all'}}],
  });
  t.like(policyOf(topology, 'orders'), {n: 3, r: 2, w: 3, quorum: 'strict'});
  t.like(policyOf(topology, 'other'), {n: 5, r: 3, w: 3, quorum: 'sloppy'});
  t.like(policyOf(topology, '__proto__'), {n: 5});
  t.like(policyOf(topology, 'constructor'), {n: 5});
  t.deepEqual(ownersOf(topology, 7, 3), ownersOf(topology, 7).slice(0, 3));
});

test('contradictions: options that agree with stored data, or are left out, pass', t => {
  const buckets = [{bucket: 'orders', policy: {quorum: 'strict' as const}}];
  const topology = create({buckets});
  t.deepEqual(contradictions(topology, {}), []);
  t.deepEqual(
    contradictions(topology, {partitions: 67, n: 3, hosts: ['h3', 'h1', 'h2'], buckets}),
    [],
  );
});

test('contradictions: options that do not are named, with what is stored', t => {
  const topology = create();
  const found = contradictions(topology, {
    name: 'shop',
    partitions: 101,
    n: 2,
    hosts: ['h1'],
    buckets: [{bucket: 'orders', policy: {quorum: 'strict', n: 3}}],
  });
  t.is(found.length, 5);
  t.regex(found.join('\n'), /partitions of 67, asked for was 101/);
  t.regex(found.join('\n'), /bucket orders with quorum sloppy, asked for was strict/);
});
