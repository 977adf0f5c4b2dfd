/** The checker of acknowledged writes, on clusters that break their word: it has to notice. */
import test from 'ava';
import {SimRandom} from '../../src/sim/random.js';
import {noneReason, startBed} from '../helpers/bed.js';
import {killedHosts} from '../helpers/faults/process-faults.js';
import {powerCuts} from '../helpers/faults/disk-faults.js';
import {RecordedKey} from '../helpers/recorded-key.js';
import {checkReplicas} from '../helpers/replicas.js';

const reason = noneReason('disk');
const title = 'checker: writes that were acknowledged unsynced are called lost after a power cut';

(reason === null ? test.serial : test.skip)(
  reason === null ? title : `${title} (skipped: ${reason})`,
  async t => {
    t.timeout(120_000);
    const bed = await startBed(t, {args: ['--durability', 'none']});
    const {load, connection, cluster} = bed;
    for (const fault of [killedHosts, powerCuts]) {
      load.start();
      await load.progress(800);
      const end = await fault.begin(bed, '', new SimRandom(1));
      await load.stop();
      await end();
      await bed.whole();
      const {lost} = await checkReplicas(connection, cluster.topology, load);
      // What a killed process has written is in the kernel's hands; only the power takes it away.
      t.is(lost.length > 0, fault === powerCuts, `${fault.name}: ${lost.length} lost`);
    }
  },
);

test('checker: a replica holds, is behind, or shows what nobody wrote', t => {
  const key = new RecordedKey('k', false, 'x');
  const [first, second] = [key.begin(false), key.begin(false)];
  key.acknowledge(first, {acks: 2, outcome: 'strict'});
  t.is(key.standingOf(['k 1 x']), 'holds');
  t.is(key.standingOf([]), 'behind');
  t.is(key.standingOf(['k 7 x']), 'foreign');
  t.is(key.standingOf(['j 1 x']), 'foreign');
  key.acknowledge(second, {acks: 3, outcome: 'strict'});
  t.is(key.standingOf(['k 1 x']), 'behind');
  t.is(key.problemOf(['k 1 x', 'k 2 x']), 'shows the superseded 1 besides 2');
});

test('checker: a deleted key that is shown again is behind at that replica', t => {
  const key = new RecordedKey('k', false, 'x');
  key.acknowledge(key.begin(false), {acks: 3, outcome: 'strict'});
  key.acknowledge(key.begin(true), {acks: 3, outcome: 'strict'});
  t.is(key.standingOf([]), 'holds');
  t.is(key.standingOf(['k 1 x']), 'behind');
  t.is(key.problemOf(['k 1 x']), 'shows the superseded 1 besides a deletion');
});

test('checker: a write without an answer may show, or not, and may have replaced the last', t => {
  const key = new RecordedKey('k', false, 'x');
  const before = key.begin(false);
  key.open.push(before);
  key.acknowledge(key.begin(false), {acks: 2, outcome: 'strict'});
  t.is(key.standingOf(['k 2 x', 'k 1 x']), 'holds');
  t.is(key.standingOf(['k 1 x']), 'behind');
  key.open.push(key.begin(false));
  t.is(key.standingOf(['k 3 x']), 'holds');
  t.is(key.problemOf(['k 3 x']), '');
});
