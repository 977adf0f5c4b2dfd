import test from 'ava';
import {tombstoneLines} from '../../../src/cli/show/tombstones.js';

const answer = (host: string, tombstones: unknown) => ({
  host,
  answer: {tombstones},
  problem: '',
});

test('status: hosts with tombstones tell how many there are, and what they wait for', t => {
  const lines = tombstoneLines([
    answer('h1', {seen: 12, marked: 3, purged: 40, waitsFor: 'h3 is down', partitions: []}),
    answer('h2', {seen: 0, marked: 0, purged: 7, waitsFor: '', partitions: []}),
    answer('h3', {seen: 0, marked: 0, purged: 0, waitsFor: '', partitions: []}),
    answer('h4', undefined),
    {host: 'h5', answer: undefined, problem: 'silent'},
  ]);
  t.deepEqual(lines, [
    'tombstones on h1: 12, 3 to go, 40 forgotten; waits: h3 is down',
    'tombstones on h2: 0, 0 to go, 7 forgotten',
  ]);
});
