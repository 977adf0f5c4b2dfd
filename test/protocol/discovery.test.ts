/** NATS service discovery, as ADR-32 lays it down, and the public topology. */
import test from 'ava';
import {replyOf} from './raw-client.js';
import {shareCluster} from './shared-cluster.js';

const shared = shareCluster();
const NAME = /^[A-Za-z0-9_-]+$/;
const SEMVER = /^\d+\.\d+\.\d+/;
const ENDPOINTS = ['get', 'put', 'del'];

type Fields = Record<string, unknown>;

/** Asks everybody, and waits for as many answers as there are hosts. */
async function askAll(subject: string): Promise<Fields[]> {
  const {client, cluster} = shared();
  const answers: Fields[] = [];
  const messages = await client.connection.requestMany(subject, '', {
    strategy: 'count',
    maxMessages: cluster.hosts.length,
    maxWait: 10_000,
  });
  for await (const message of messages) {
    answers.push(JSON.parse(replyOf(message).string) as Fields);
  }

  return answers.toSorted((a, b) => String(a['id']).localeCompare(String(b['id'])));
}

for (const kind of ['PING', 'INFO', 'STATS']) {
  for (const scope of ['', '.quorate']) {
    test(`$SRV.${kind}${scope}: every host answers as itself`, async t => {
      const answers = await askAll(`$SRV.${kind}${scope}`);
      t.deepEqual(
        answers.map(({id}) => id),
        ['h1', 'h2', 'h3'],
      );
      for (const answer of answers) {
        t.is(answer['type'], `io.nats.micro.v1.${kind.toLowerCase()}_response`);
        t.is(answer['name'], 'quorate');
        t.regex(String(answer['name']), NAME);
        t.regex(String(answer['version']), SEMVER);
        t.deepEqual(answer['metadata'], {cluster: 'quorate'});
      }
    });
  }

  test(`$SRV.${kind}.quorate.h2: only that host answers`, async t => {
    const {client} = shared();
    const reply = await client.request(`$SRV.${kind}.quorate.h2`);
    t.is((JSON.parse(reply.string) as Fields)['id'], 'h2');
  });
}

test('$SRV.PING: has the fields of the convention and no others', async t => {
  for (const answer of await askAll('$SRV.PING')) {
    t.deepEqual(Object.keys(answer).toSorted(), ['id', 'metadata', 'name', 'type', 'version']);
  }
});

test('$SRV.INFO: tells the endpoints', async t => {
  for (const answer of await askAll('$SRV.INFO.quorate')) {
    t.is(typeof answer['description'], 'string');
    t.deepEqual(
      answer['endpoints'],
      ENDPOINTS.map(name => ({
        name,
        subject: `quorate.${name}.>`,
        queue_group: 'hosts',
        metadata: {},
      })),
    );
  }
});

test('$SRV.STATS: counts requests, errors and time as they happen', async t => {
  const {client} = shared();
  const sum = async (field: string) => {
    let total = 0;
    for (const {endpoints, started} of await askAll('$SRV.STATS.quorate')) {
      t.is(new Date(String(started)).toISOString(), String(started));
      for (const endpoint of endpoints as Fields[]) {
        t.true(ENDPOINTS.includes(String(endpoint['name'])));
        t.is(typeof endpoint['average_processing_time'], 'number');
        t.true(Number.isInteger(endpoint['processing_time']));
        total += Number(endpoint[field]);
      }
    }

    return total;
  };
  const before = {requests: await sum('num_requests'), errors: await sum('num_errors')};
  const time = await sum('processing_time');
  for (let index = 0; index < 5; index++) {
    await client.put(`stats.k${index}`, 'v');
  }

  await client.get('stats.never');
  await client.get('stats.k0', {'Quorate-R': 'abc'});
  t.is(await sum('num_requests'), before.requests + 7);
  t.is(await sum('num_errors'), before.errors + 1);
  t.true((await sum('processing_time')) > time);
  const answers = await askAll('$SRV.STATS.quorate');
  const endpoints = answers.flatMap(answer => answer['endpoints'] as Fields[]);
  t.true(
    endpoints.some(endpoint => String(endpoint['last_error']).startsWith("400: R cannot be 'abc'")),
  );
});

test('info: any host tells the public topology, without the secret', async t => {
  const {client, cluster} = shared();
  const {string} = await client.request('quorate.info');
  const topology = JSON.parse(string) as Fields;
  t.deepEqual(topology['partitions'], cluster.topology.partitions);
  t.deepEqual(topology['owners'], cluster.topology.owners);
  t.false(string.includes(cluster.topology.cluster.secret));
  t.false(string.includes('secret'));
});
