/** One actor of a host crashes under load: the rest of the host must not notice. */
import type {NatsConnection} from '@nats-io/transport-node';
import test from 'ava';
import type {TreeNode} from '../../actors/host/tree.js';
import {partitionOf} from '../../src/ring/partition.js';
import {ask} from '../helpers/ask-host.js';
import {startProcesses} from '../helpers/host-processes.js';
import {Recorder} from '../helpers/recorder.js';
import {hostRoute, plainRoute} from '../helpers/routes.js';
import {settled} from '../helpers/settled.js';

const CRASHED = 17;

test.serial(
  'vnode crash: its partition restarts alone, and all others on that host go on',
  async t => {
    const cluster = await startProcesses(t);
    const connection = await cluster.connect();
    await settled(connection, cluster.ids);
    const {partitions} = cluster.topology;
    const plain = new Recorder(t, plainRoute(connection), {bucket: 'plain'});
    const through = new Recorder(t, hostRoute(connection, 'h1'), {bucket: 'through'});
    const loads = [plain, through];
    loads.forEach(load => load.start());
    await Promise.all(loads.map(load => load.progress(300)));

    for (let crash = 1; crash <= 3; crash += 1) {
      await ask(connection, 'h1', 'failpoint', ['vnode.work', 'crash', 1, CRASHED]);
      await Promise.all(loads.map(load => load.progress(600)));
      await settled(connection, cluster.ids);
      const partition = await partitionNode(connection, 'h1');
      t.is(partition?.state, 'running.serving');
      t.is(partition?.children[0]?.restarts, crash);
      t.regex(partition?.children[0]?.lastError ?? '', /failpoint vnode\.work/);
      t.is(partition?.restarts, 0);
    }

    await Promise.all(loads.map(load => load.stop()));
    const elsewhere = through.failures.filter(
      ({key}) => partitionOf(`through.${key}`, partitions) !== CRASHED,
    );
    t.deepEqual(elsewhere, []);
    const other = (await ask(connection, 'h2', 'actors')) as TreeNode;
    t.true(other.children.every(({restarts}) => restarts === 0));
    for (const load of loads) {
      t.deepEqual(load.contradictions, []);
      t.deepEqual(await load.verify(connection, cluster.ids), []);
    }
  },
);

test.serial(
  'vnode crash: one that crashes again and again is given up by its partition, visibly',
  async t => {
    const cluster = await startProcesses(t);
    const connection = await cluster.connect();
    await settled(connection, cluster.ids);
    const {partitions} = cluster.topology;
    const load = new Recorder(t, hostRoute(connection, 'h1'));
    load.start();
    await ask(connection, 'h1', 'failpoint', ['vnode.work', 'crash', 1_000, CRASHED]);
    let partition: TreeNode | undefined;
    do {
      await load.progress(100);
      partition = await partitionNode(connection, 'h1');
    } while (partition?.restarts === 0);

    t.regex(partition?.lastError ?? '', /the vnode crashed too often, last with .*failpoint/);
    // Armed for a partition that does not exist, it is disarmed for the one that does.
    await ask(connection, 'h1', 'failpoint', ['vnode.work', 'crash', 1, partitions]);
    await settled(connection, cluster.ids);
    const mark = load.begun;
    await load.progress(1_000);
    await load.stop();
    t.deepEqual(load.failuresSince(mark), []);
    const elsewhere = load.failures.filter(
      ({key}) => partitionOf(`load.${key}`, partitions) !== CRASHED,
    );
    t.deepEqual(elsewhere, []);
    t.deepEqual(load.contradictions, []);
    t.deepEqual(await load.verify(connection, cluster.ids), []);
  },
);

async function partitionNode(
  connection: NatsConnection,
  host: string,
): Promise<TreeNode | undefined> {
  const tree = (await ask(connection, host, 'actors')) as TreeNode;
  return tree.children.find(({id}) => id === `partition.${CRASHED}`);
}
