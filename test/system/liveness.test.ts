/** Who is there, as the hosts of a real cluster see it and the command line shows it. */
import test from 'ava';
import {startProcesses, type ProcessCluster} from '../helpers/host-processes.js';
import {settled} from '../helpers/settled.js';
import {startCli} from '../cli/run-cli.js';

type Seen = {readonly by: string; readonly state: string; readonly evidence: string};
type Status = {readonly hosts: ReadonlyArray<{readonly host: string; readonly seen: Seen[]}>};

const GIVE_UP_MS = 30_000;

async function status(cluster: ProcessCluster): Promise<Status> {
  const {ended} = startCli(['--server', cluster.broker.url], ['status', '--json']);
  return (await ended).json() as Status;
}

/** Asks until all that answer hold the host for this. */
async function seenAs(cluster: ProcessCluster, id: string, state: string): Promise<Seen[]> {
  const giveUp = AbortSignal.timeout(GIVE_UP_MS);
  for (;;) {
    const {hosts} = await status(cluster);
    const seen = hosts.find(({host}) => host === id)?.seen ?? [];
    if (seen.length > 0 && seen.every(one => one.state === state)) {
      return seen;
    }

    if (giveUp.aborted) {
      throw new Error(`${id} is not ${state}: ${JSON.stringify(seen)}`);
    }
  }
}

test.serial(
  'liveness: a killed host is down on `quorate status`, and up when it is back',
  async t => {
    const cluster = await startProcesses(t);
    const connection = await cluster.connect();
    await settled(connection, cluster.ids);
    await seenAs(cluster, 'h2', 'up');

    await cluster.host('h2').kill();
    const seen = await seenAs(cluster, 'h2', 'down');
    t.deepEqual(
      seen.map(({by}) => by),
      ['h1', 'h3'],
    );
    t.regex(seen[0]?.evidence ?? '', /nobody hears it, for .* confirmed by h3/);
    t.regex(seen[1]?.evidence ?? '', /nobody hears it, for .* confirmed by h1/);
    const shown = startCli(['--server', cluster.broker.url], ['status']);
    const text = (await shown.ended).stdout.toString();
    t.regex(text, /^h2 +down +no answer/m);
    t.regex(text, /^h2 is down for h1: the broker says nobody hears it/m);

    await cluster.host('h2').start();
    t.is((await seenAs(cluster, 'h2', 'up')).length, 2);
  },
);
