import {existsSync, mkdirSync, readFileSync, statSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import test from 'ava';
import {ExitCode} from '../../../src/cli/exit-codes.js';
import {openCluster} from '../../../src/cli/up/cluster-file.js';
import {temporaryFolder} from '../../temporary.js';

test('cluster file: nothing is written before it is stored, then only its owner can read it', t => {
  const folder = temporaryFolder(t);
  const cluster = openCluster(folder, {partitions: 7});
  t.false(existsSync(cluster.path));
  cluster.store();
  t.is(statSync(cluster.path).mode & 0o777, 0o600);
  t.deepEqual(openCluster(folder, {}).topology, cluster.topology);
});

test('cluster file: three hosts, 67 partitions and n 3 are made when nothing is asked', t => {
  const {topology} = openCluster(temporaryFolder(t), {});
  t.deepEqual(
    topology.hosts.map(({id}) => id),
    ['h1', 'h2', 'h3'],
  );
  t.is(topology.partitions, 67);
  t.is(topology.n, 3);
});

test('cluster file: one host implies n 1', t => {
  t.is(openCluster(temporaryFolder(t), {hosts: 1}).topology.n, 1);
});

test('cluster file: bucket policies are taken from the options', t => {
  const buckets = ['orders:quorum=strict,conflicts=lww'];
  const {topology} = openCluster(temporaryFolder(t), {buckets});
  t.is(topology.buckets.byName['orders']?.quorum, 'strict');
});

test('cluster file: options that contradict what is stored are refused and change nothing', t => {
  const folder = temporaryFolder(t);
  const {path, store} = openCluster(folder, {buckets: ['orders:n=3']});
  store();
  const before = readFileSync(path, 'utf8');
  const wrong = [{hosts: 5}, {partitions: 101}, {n: 2}, {buckets: ['orders:n=1']}];
  for (const options of wrong) {
    t.throws(() => openCluster(folder, options), {
      message: /the stored data has[^]*--data/,
      name: 'UpProblem',
    });
  }

  const same = {hosts: 3, partitions: 67, n: 3, buckets: ['orders:n=3']};
  t.is(openCluster(folder, same).path, path);
  t.is(readFileSync(path, 'utf8'), before);
});

test('cluster file: impossible options are usage errors', t => {
  const folder = temporaryFolder(t);
  const wrong = [{partitions: 66}, {n: 0}, {hosts: 1, n: 3}, {buckets: ['orders:quorum=maybe']}];
  for (const options of wrong) {
    const error = t.throws(() => openCluster(folder, options), {name: 'UpProblem'});
    t.like(error, {exitCode: ExitCode.usage});
  }
});

test('cluster file: a folder with hosts but no cluster file is refused', t => {
  const folder = temporaryFolder(t);
  mkdirSync(join(folder, 'h2'));
  t.throws(() => openCluster(folder, {}), {message: /h2 but no cluster\.json/});
});

test('cluster file: one that was damaged is refused', t => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, 'cluster.json'), '{"format": 1');
  const error = t.throws(() => openCluster(folder, {}), {message: /cluster\.json is no topology/});
  t.like(error, {exitCode: ExitCode.configuration});
});
