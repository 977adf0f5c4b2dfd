/** A host that stands still, as a stopped process or a stalled machine does, and then goes on. */
import {setTimeout as sleep} from 'node:timers/promises';
import test, {type ExecutionContext} from 'ava';
import {startProcesses} from '../helpers/host-processes.js';
import {Recorder} from '../helpers/recorder.js';
import {hostRoute, plainRoute} from '../helpers/routes.js';
import {settled} from '../helpers/settled.js';

/** What the others may take to notice, and to have the broker let go of it. */
const NOTICED_MS = 10_000;
const MEASURED = 2_000;

/** At most one plain request in a hundred is still given to the host that stands still. */
async function expectFewLost(t: ExecutionContext, plain: Recorder): Promise<void> {
  const noticed = plain.begun;
  await plain.progress(MEASURED);
  const lost = plain.failuresSince(noticed).length;
  const asked = plain.begun - noticed;
  t.log(`${lost} of ${asked} plain requests lost after ${NOTICED_MS / 1_000} s`);
  t.true(100 * lost <= asked);
}

test.serial(
  'frozen: the same where so little is sent to it that its connection would never be full',
  async t => {
    const cluster = await startProcesses(t);
    const connection = await cluster.connect();
    await settled(connection, cluster.ids);
    const plain = new Recorder(t, plainRoute(connection), {bucket: 'plain', inFlight: 4});
    plain.start();
    await plain.progress(100);
    cluster.host('h2').signal('SIGSTOP');
    await sleep(NOTICED_MS);
    await expectFewLost(t, plain);
    cluster.host('h2').signal('SIGCONT');
    await settled(connection, cluster.ids);
    await plain.stop();
    t.deepEqual(await plain.verify(connection, cluster.ids), []);
  },
);

test.serial(
  'frozen: one host stands still: after 10 s 1 % of plain requests or less are lost, no write is',
  async t => {
    const cluster = await startProcesses(t);
    const connection = await cluster.connect();
    await settled(connection, cluster.ids);
    const plain = new Recorder(t, plainRoute(connection), {bucket: 'plain'});
    const others = ['h1', 'h3'].map(
      id => new Recorder(t, hostRoute(connection, id), {bucket: `through-${id}`, inFlight: 16}),
    );
    const loads = [plain, ...others];
    loads.forEach(load => load.start());
    await Promise.all(loads.map(load => load.progress(300)));

    cluster.host('h2').signal('SIGSTOP');
    const until = AbortSignal.timeout(NOTICED_MS);
    while (!until.aborted) {
      await Promise.all(others.map(load => load.progress(100)));
    }

    await expectFewLost(t, plain);
    cluster.host('h2').signal('SIGCONT');
    await settled(connection, cluster.ids);
    // Requests that waited at the frozen host end before what begins now.
    await sleep(100);
    const mark = plain.begun;
    await Promise.all(loads.map(load => load.progress(500)));
    await Promise.all(loads.map(load => load.stop()));
    t.deepEqual(plain.failuresSince(mark), []);
    for (const load of others) {
      t.deepEqual(load.failures, [], load.bucket);
    }

    for (const load of loads) {
      t.deepEqual(load.contradictions, [], load.bucket);
      t.deepEqual(await load.verify(connection, cluster.ids), [], load.bucket);
    }
  },
);
