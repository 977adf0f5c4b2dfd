/**
 * Hosts that are killed under load. The clients are plain NATS clients, and the quorums the usual
 * ones.
 */
import test from 'ava';
import {isHeard} from '../helpers/ask-host.js';
import {startProcesses} from '../helpers/host-processes.js';
import {Recorder} from '../helpers/recorder.js';
import {plainRoute} from '../helpers/routes.js';
import {settled} from '../helpers/settled.js';

test.serial('crash: with one of three hosts killed, only requests at that host fail', async t => {
  const cluster = await startProcesses(t);
  const connection = await cluster.connect();
  const load = new Recorder(t, plainRoute(connection));
  load.start();
  await load.progress(1_000);

  const before = load.begun;
  await cluster.host('h2').kill();
  while (await isHeard(connection, 'h2')) {
    // The broker has not read the end of the connection yet.
  }

  const mark = load.begun;
  await load.progress(2_000);
  const failures = load.failuresSince(before - load.inFlight);
  t.deepEqual(load.failuresSince(mark), []);
  t.true(failures.length <= load.inFlight + (mark - before));
  t.deepEqual(
    load.failures.filter(({kind}) => kind !== 'unknown'),
    [],
  );

  await cluster.host('h2').start();
  await load.progress(1_000);
  await load.stop();
  t.deepEqual(load.failuresSince(mark), []);
  t.deepEqual(load.contradictions, []);
  await settled(connection, cluster.ids);
  t.deepEqual(await load.verify(connection, cluster.ids), []);
});

test.serial(
  'crash: with all hosts killed at once, again and again, nothing acknowledged is lost',
  async t => {
    t.timeout(180_000);
    const cluster = await startProcesses(t);
    const connection = await cluster.connect();
    const load = new Recorder(t, plainRoute(connection));
    for (let round = 1; round <= 5; round += 1) {
      load.start();
      await load.progress(800);
      await cluster.killAll();
      // Requests that hang on the dead end by their timeouts meanwhile.
      await Promise.all([load.stop(), cluster.startAll()]);
      t.deepEqual(load.contradictions, [], `under load in round ${round}`);
      await settled(connection, cluster.ids);
      t.deepEqual(await load.verify(connection, ['h1'], '2'), [], `R=2 in round ${round}`);
      t.deepEqual(await load.verify(connection, cluster.ids), [], `R=3 in round ${round}`);
    }

    t.true(load.held > 200);
  },
);
