import test from 'ava';
import {createActor} from 'xstate';
import {bindTopology} from '../../actors/topology/topology.effects.js';
import {topologyMachine} from '../../actors/topology/topology.machine.js';
import {SimRandom} from '../../src/sim/random.js';
import {topologyKey} from '../../src/store/layout.js';
import {openRecord, sealRecord} from '../../src/store/record.js';
import {createTopology} from '../../src/topology/create.js';
import type {Topology} from '../../src/topology/document.js';
import {drive} from '../drive.js';
import {startStore} from '../helpers/store-bed.js';

const create = (seed: number) =>
  createTopology({hosts: [{id: 'h1'}], partitions: 3}, new SimRandom(seed)).topology;
const document = create(1);
const newer = {...document, epoch: document.epoch + 1};
const foreign = create(2);

test('topology: a document is kept before it is used', t => {
  const read = {type: 'topology.read', stored: null} as const;
  t.deepEqual(drive(topologyMachine, {given: document}, [read]), {
    state: 'keeping',
    effects: [{type: 'read'}, {type: 'keep', document}],
  });
  const {state, effects} = drive(topologyMachine, {given: document}, [
    read,
    {type: 'topology.kept'},
  ]);
  t.is(state, 'current');
  t.deepEqual(effects.at(-1), {type: 'tellCurrent', document});
});

/**
 * Starts the actor over a store in which `stored` lies, and waits until it has come to an end of
 * its own.
 */
function start(
  given: Topology | null,
  stored: Topology | Uint8Array | null,
  faults = {reads: false, commit: false},
) {
  const bed = startStore();
  if (stored !== null) {
    const bytes = stored instanceof Uint8Array ? stored : Buffer.from(JSON.stringify(stored));
    const value = stored instanceof Uint8Array ? bytes : sealRecord(topologyKey(), bytes);
    bed.storage.commit([{key: topologyKey(), value}], {sync: true}, () => {});
    bed.pass();
  }

  if (faults.reads) {
    bed.disk.failReads('IO');
  }

  if (faults.commit) {
    bed.disk.failNextCommit('FULL', {applied: false});
  }

  const current: Topology[] = [];
  const errors: unknown[] = [];
  const {storage, objects} = bed;
  const machine = bindTopology({
    storage,
    commits: objects.commits,
    onCurrent: found => {
      current.push(found);
    },
  });
  const actor = createActor(machine, {clock: bed.clock, input: {given}});
  actor.subscribe({error: error => errors.push(error)});
  actor.start();
  bed.pass(500);
  bed.disk.failReads(null);
  let kept: Topology | null = null;
  storage.read([topologyKey()], ([answer]) => {
    const content = answer instanceof Uint8Array ? openRecord(topologyKey(), answer) : null;
    kept = content === null ? null : (JSON.parse(Buffer.from(content).toString()) as Topology);
  });
  bed.pass();
  return {current, errors, kept: kept as Topology | null};
}

test('topology: the first start stores what it was given', t => {
  const {current, kept, errors} = start(document, null);
  t.deepEqual(current, [document]);
  t.deepEqual(kept, document);
  t.deepEqual(errors, []);
});

test('topology: a later start needs no document', t => {
  t.deepEqual(start(null, document).current, [document]);
});

test('topology: a host never goes back to an older epoch than it has stored', t => {
  const {current, kept} = start(document, newer);
  t.deepEqual(current, [newer]);
  t.deepEqual(kept, newer);
});

test('topology: a newer epoch takes the place of the stored one', t => {
  const {current, kept} = start(newer, document);
  t.deepEqual(current, [newer]);
  t.deepEqual(kept, newer);
});

test('topology: a document of another cluster is refused, and what is stored stays', t => {
  const {current, kept, errors} = start({...foreign, epoch: 99}, document);
  t.deepEqual(current, []);
  t.regex(String(errors[0]), /belongs to cluster/);
  t.deepEqual(kept, document);
});

test('topology: with neither it says how to start', t => {
  t.regex(String(start(null, null).errors[0]), /--topology/);
});

test('topology: a stored document that cannot be read is an error, never guessed at', t => {
  for (const damaged of [Buffer.from('rot'), sealRecord(topologyKey(), Buffer.from('{}'))]) {
    const {current, errors} = start(document, damaged);
    t.deepEqual(current, []);
    t.is(errors.length, 1);
  }

  t.is(start(document, document, {reads: true, commit: false}).errors.length, 1);
});

test('topology: one that cannot be made durable is not used', t => {
  const {current, errors} = start(newer, document, {reads: false, commit: true});
  t.deepEqual(current, []);
  t.is(errors.length, 1);
});
