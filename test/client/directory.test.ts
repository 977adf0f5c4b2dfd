import test from 'ava';
import {Directory} from '../../src/client/directory.js';
import type {Questions} from '../../src/client/questions.js';
import {SimClock} from '../../src/sim/clock.js';
import {SimRandom} from '../../src/sim/random.js';
import {Subjects} from '../../src/subjects.js';
import {createTopology} from '../../src/topology/create.js';
import {publicTopology} from '../../src/topology/document.js';
import {ownersOf, standInsOf} from '../../src/topology/lookup.js';

/** Eight hosts, three of them owners of the one partition. */
function setUp() {
  const clock = new SimClock();
  const hosts = Array.from({length: 8}, (_, index) => ({id: `h${index + 1}`}));
  const buckets = [{bucket: 'strict', policy: {quorum: 'strict' as const}}];
  const {topology} = createTopology({hosts, partitions: 1, buckets}, new SimRandom(1));
  const directory = new Directory({} as Questions, clock, new Subjects('quorate'));
  directory.topology = publicTopology(topology);
  /** All that would be asked, one after the other, while nobody answers. */
  const askedOf = (bucket: string, answering: readonly string[] = []) => {
    const tried: string[] = [];
    for (;;) {
      const host = directory.next(bucket, 'alice', tried);
      if (host === null) {
        return tried;
      }

      tried.push(host);
      if (!answering.includes(host)) {
        directory.suspect(host);
      }
    }
  };
  return {
    clock,
    directory,
    askedOf,
    owners: ownersOf(topology, 0),
    standIns: standInsOf(topology, 0),
  };
}

test('stand-in: as many as there are copies follow once no owner was found to answer', t => {
  const {askedOf, owners, standIns} = setUp();
  t.is(standIns.length, 5);
  t.deepEqual(askedOf('users'), [...owners, ...standIns.slice(0, 3)]);
});

test('stand-in: none is asked while one owner answers, whatever it says', t => {
  const {askedOf, owners} = setUp();
  t.deepEqual(askedOf('users', owners.slice(1, 2)), owners);
});

test('stand-in: none is asked for a key of a strict bucket', t => {
  const {askedOf, owners} = setUp();
  t.deepEqual(askedOf('strict'), owners);
});

test('owner: of those that are as good as each other one that is ready is asked', t => {
  const {directory, owners} = setUp();
  const [first = '', second = '', third = ''] = owners;
  const next = (...ready: readonly string[]) =>
    directory.next('users', 'alice', [], host => ready.includes(host));
  t.is(next(), first);
  t.is(next(third), third);
  t.is(next(second, third), second);
  directory.noteBusy(second);
  directory.suspect(third);
  t.is(next(second, third), first);
});

test('stand-in: owners stay the first that are asked', t => {
  const {askedOf, owners, directory} = setUp();
  askedOf('users');
  t.is(directory.next('users', 'alice', []), owners[0] ?? null);
});
