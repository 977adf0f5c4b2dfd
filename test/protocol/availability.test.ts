/** What requests are told when owners are away. */
import test, {type ExecutionContext} from 'ava';
import {partitionOf} from '../../src/ring/partition.js';
import {ownersOf} from '../../src/topology/lookup.js';
import {type ClusterOptions, startCluster, type TestCluster} from '../helpers/cluster.js';
import {RawClient} from './raw-client.js';

type Bed = {readonly cluster: TestCluster; readonly client: RawClient};

async function start(t: ExecutionContext, options: ClusterOptions = {}): Promise<Bed> {
  const cluster = await startCluster(t, options);
  return {cluster, client: await RawClient.connect(t, cluster.url)};
}

/** Stops hosts, and writes other keys until all that are left have noticed. */
async function stop({cluster, client}: Bed, ids: readonly string[]): Promise<void> {
  await Promise.all(ids.map(id => cluster.host(id).stop()));
  const left = cluster.hosts.filter(({id}) => !ids.includes(id));
  for (let asked = 0; !left.every(({events}) => ids.every(id => isUnlinked(events, id))); asked++) {
    await client.put(`noticing.k${asked}`, '', {'Quorate-W': '1'}).catch(() => null);
  }
}

function isUnlinked(events: readonly string[], peer: string): boolean {
  const last = events.findLast(event => event.endsWith(`linked {"peer":"${peer}"}`));
  return last === undefined || last.startsWith('unlinked');
}

for (const mappings of [true, false]) {
  const broker = mappings ? 'with mappings' : 'without mappings';

  test(`one of three stopped: quorums of two go on, all three are 503 (${broker})`, async t => {
    const bed = await start(t, {mappings});
    const {client} = bed;
    await client.put('away.k', 'before', {'Quorate-W': 'all'});
    await stop(bed, ['h3']);
    const put = await client.put('away.k', 'after');
    t.is(put.code, 200);
    t.is(put.header('Quorate-Acks'), '2/3');
    t.is(put.header('Quorate-Outcome'), 'strict');
    const got = await client.get('away.k');
    t.is(got.string, 'after');
    t.is(got.header('Quorate-Acks'), '2/3');

    const refused = await client.put('away.k', 'no', {'Quorate-W': 'all'});
    t.is(refused.code, 503);
    t.regex(refused.text, /^2 of the key's owners can be reached, W is 3: nothing was applied/);
    const unread = await client.get('away.k', {'Quorate-R': '3'});
    t.is(unread.code, 503);
    t.regex(unread.text, /^2 of the key's owners can be reached, R is 3/);
    t.is((await client.get('away.k')).string, 'after');
  });

  test(`two of three stopped: W=2 is 503, W=1 is taken and weak (${broker})`, async t => {
    const bed = await start(t, {mappings});
    const {client} = bed;
    await client.put('away.k', 'before', {'Quorate-W': 'all'});
    await stop(bed, ['h1', 'h3']);
    for (const verb of ['put', 'del'] as const) {
      const refused = await client.request(`quorate.${verb}.away.k`, 'no', {'Quorate-R': '1'});
      t.is(refused.code, 503);
      t.regex(refused.text, /1 of the key's owners can be reached, W is 2: nothing was applied/);
    }

    t.is((await client.get('away.k')).code, 503);
    const kept = await client.get('away.k', {'Quorate-R': '1'});
    t.is(kept.string, 'before');
    t.is(kept.header('Quorate-Outcome'), 'weak');
    t.is(kept.header('Quorate-Acks'), '1/3');

    const put = await client.put('away.k', 'alone', {'Quorate-W': '1'});
    t.is(put.code, 200);
    t.is(put.header('Quorate-Acks'), '1/3');
    t.is(put.header('Quorate-Outcome'), 'weak');
    t.is((await client.get('away.k', {'Quorate-R': '1'})).string, 'alone');
  });

  test(`all owners of a key stopped: it fails at once, others go on (${broker})`, async t => {
    const bed = await start(t, {hosts: 4, mappings});
    const {client} = bed;
    const {topology} = bed.cluster;
    const ownedByLast = (name: string) =>
      ownersOf(topology, partitionOf(name, topology.partitions)).includes('h4');
    const names = Array.from({length: 60}, (_, index) => `away.k${index}`);
    for (const name of names) {
      await client.put(name, name, {'Quorate-W': 'all'});
    }

    await stop(bed, ['h1', 'h2', 'h3']);
    t.true(names.some(name => !ownedByLast(name)));
    for (const name of names) {
      const asked = client.get(name, {'Quorate-R': '1'});
      if (ownedByLast(name)) {
        t.is((await asked).string, name);
      } else if (mappings) {
        await t.throwsAsync(asked, {message: /no responders/i});
      } else {
        const got = await asked;
        t.is(got.code, 503);
        t.is(got.text, "none of the key's owners can be reached; nothing was applied; retry later");
      }
    }
  });
}

test('timeouts: an owner that falls silent is an unknown outcome, told in time', async t => {
  const {cluster, client} = await start(t);
  const fields = {'Quorate-W': 'all', 'Quorate-Timeout-Ms': '300', 'Nats-Msg-Id': 'silent-1'};
  await client.put('silent.k', 'before', {'Quorate-W': 'all'});
  // Its operations then wait for a vnode that is restarting for longer than the request may take.
  const partition = partitionOf('silent.k', cluster.topology.partitions);
  const {failpoints} = cluster.host('h3').running;
  failpoints.arm('vnode.work', 'crash', 1, partition);
  const put = await client.put('silent.k', 'v', fields);
  t.true([504, 503, 429].includes(put.code), `${put.code} ${put.text}`);
  t.regex(put.text, /retry with the same Nats-Msg-Id|nothing was applied/);

  let again = put;
  while (again.code !== 200) {
    again = await client.put('silent.k', 'v', fields);
  }

  const got = await client.get('silent.k', {'Quorate-R': 'all'});
  t.is(got.string, 'v');
  t.is(got.header('Quorate-Siblings'), '1');
});

test('forwarding: a host that is no owner hands a request on as it came', async t => {
  const {cluster, client} = await start(t, {hosts: 5, mappings: false});
  for (let index = 0; index < 60; index++) {
    const name = `forwarded.k${index}`;
    const fields = {'Nats-Msg-Id': name, 'Quorate-Timeout-Ms': '5000', 'X-Other': 'kept'};
    t.is((await client.put(name, name, fields)).code, 200);
    t.is((await client.get(name)).string, name);
  }

  const forwarded = cluster.hosts.map(({running}) => running.counters.get('requests_forwarded'));
  t.true(forwarded.reduce((sum, count) => sum + count, 0) > 0);
});

test('forwarding: a request sent to another partition of any number is set right', async t => {
  const {cluster, client} = await start(t, {hosts: 5});
  const {partitions} = cluster.topology;
  await client.put('wrong.k', 'v');
  for (let partition = 0; partition < partitions; partition++) {
    const got = await client.request(`quorate.p.${partition}.get.wrong.k`);
    t.is(got.string, 'v', String(partition));
  }
});
