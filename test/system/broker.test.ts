/** The broker goes away under load and comes back. */
import test from 'ava';
import {startProcesses} from '../helpers/host-processes.js';
import {Recorder} from '../helpers/recorder.js';
import {plainRoute} from '../helpers/routes.js';
import {settled} from '../helpers/settled.js';

test.serial(
  'broker: hosts come back by themselves when the broker does, with all that was acknowledged',
  async t => {
    const cluster = await startProcesses(t);
    const connection = await cluster.connect();
    await settled(connection, cluster.ids);
    const pids = cluster.hosts.map(({pid}) => pid);
    const load = new Recorder(t, plainRoute(connection));
    for (let round = 1; round <= 2; round += 1) {
      load.start();
      await load.progress(800);
      await cluster.stopBroker();
      await cluster.restartBroker();
      await settled(connection, cluster.ids);
      const mark = load.begun;
      await load.progress(800);
      await load.stop();
      t.deepEqual(load.failuresSince(mark), [], `after the broker was back in round ${round}`);
      t.deepEqual(load.contradictions, []);
      t.deepEqual(await load.verify(connection, cluster.ids), []);
    }

    t.deepEqual(
      cluster.hosts.map(({pid}) => pid),
      pids,
    );
  },
);
