/** A host that stands still, as a stopped process or a stalled machine does, and then goes on. */
import {setTimeout as sleep} from 'node:timers/promises';
import test from 'ava';
import {startProcesses} from '../helpers/host-processes.js';
import {Recorder} from '../helpers/recorder.js';
import {hostRoute, plainRoute} from '../helpers/routes.js';
import {settled} from '../helpers/settled.js';

const FROZEN_MS = 3_000;

test.serial(
  'frozen: while one host stands still the others serve, and nothing acknowledged is lost',
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
    const until = AbortSignal.timeout(FROZEN_MS);
    while (!until.aborted) {
      await Promise.all(others.map(load => load.progress(100)));
    }

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
