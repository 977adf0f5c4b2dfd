/** Hosts that must not run, and say why. */
import {writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import test from 'ava';
import {ExitCode} from '../../src/cli/exit-codes.js';
import {serializeTopology} from '../../src/topology/document.js';
import {HostProcess} from '../helpers/host-process.js';
import {newTopology, type ProcessCluster, startProcesses} from '../helpers/host-processes.js';

test.serial('refusals: a second host of an id that answers already ends with 71', async t => {
  const cluster = await startProcesses(t, {hosts: 1});
  const twin = await runTwin(t, cluster, {data: join(cluster.folder, 'elsewhere')});
  t.is(twin.code, ExitCode.storeLocked);
  t.regex(twin.said, /a host with the id h1 answers already/);
  t.true(cluster.host('h1').pid > 0);
});

test.serial('refusals: a second host on the same data folder ends with 71', async t => {
  const cluster = await startProcesses(t, {hosts: 2});
  await cluster.host('h2').stop();
  const twin = await runTwin(t, cluster, {id: 'h2', data: cluster.host('h1').spec.data});
  t.is(twin.code, ExitCode.storeLocked);
  t.regex(twin.said, /lock/i);
  t.true(cluster.host('h1').pid > 0);
});

test.serial("refusals: a host started with another cluster's topology ends with 78", async t => {
  const cluster = await startProcesses(t, {hosts: 1});
  await cluster.stopAll();
  const foreign = join(cluster.folder, 'foreign.json');
  await writeFile(foreign, serializeTopology(newTopology(['h1'])));
  const twin = await runTwin(t, cluster, {topology: foreign});
  t.is(twin.code, ExitCode.configuration);
  t.regex(twin.said, /another cluster|belongs to|cluster/);
  await t.notThrowsAsync(cluster.startAll());
});

test.serial('refusals: a host that the topology does not know ends with 78', async t => {
  const cluster = await startProcesses(t, {hosts: 1});
  const data = join(cluster.folder, 'stranger');
  const twin = await runTwin(t, cluster, {id: 'stranger', data});
  t.is(twin.code, ExitCode.configuration);
  t.regex(twin.said, /stranger/);
});

/** A host like the cluster's first one, but for what is given. */
async function runTwin(
  t: Parameters<typeof startProcesses>[0],
  cluster: ProcessCluster,
  differences: Partial<HostProcess['spec']>,
): Promise<{code: number | null; said: string}> {
  const twin = new HostProcess({...cluster.host('h1').spec, ...differences});
  t.teardown(() => twin.kill());
  const {code} = await twin.runToEnd();
  return {code, said: twin.lines.join('\n')};
}
