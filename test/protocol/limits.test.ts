/** Requests that are right and cannot be served as they are: too much, or at the wrong host. */
import test from 'ava';
import {Packr} from 'msgpackr';
import {partitionOf} from '../../src/ring/partition.js';
import {ownersOf} from '../../src/topology/lookup.js';
import {askHost} from './contents.js';
import {shareCluster} from './shared-cluster.js';

const shared = shareCluster({
  hosts: 4,
  buckets: [
    {bucket: 'few', policy: {maxSiblings: 2}},
    {bucket: 'small', policy: {maxValueBytes: 10}},
    {bucket: 'packed', policy: {compression: 'deflate'}},
  ],
});
const packr = new Packr({useRecords: false});
const unseen = {'Quorate-Context': 'none'};

test('413: a value over its bucket’s own limit', async t => {
  const {client} = shared();
  t.is((await client.put('small.k', 'x'.repeat(10))).code, 200);
  const refused = await client.put('small.k', 'x'.repeat(11));
  t.is(refused.code, 413);
  t.is(refused.text, 'the value has 11 bytes, the bucket takes 10: store it in parts');
});

test('413: one sibling too many, and the cure that the text names works', async t => {
  const {client} = shared();
  await client.put('few.k', 'a', unseen);
  await client.put('few.k', 'b', unseen);
  const refused = await client.put('few.k', 'c', unseen);
  t.is(refused.code, 413);
  t.is(
    refused.text,
    'the key has 2 siblings and its bucket allows 2: get the key and put one value' +
      ' with the context you get; nothing was applied',
  );
  const got = await client.get('few.k');
  t.is(got.header('Quorate-Siblings'), '2');
  const context = got.header('Quorate-Context');
  t.is((await client.put('few.k', 'c', {'Quorate-Context': context})).code, 200);
  t.is((await client.get('few.k')).header('Quorate-Siblings'), '1');
});

test('413: siblings that take more than an object may', async t => {
  const {client} = shared();
  const value = Buffer.alloc(256 * 1024, 1);
  t.is((await client.put('large.k', value, unseen)).code, 200);
  t.is((await client.put('large.k', value, unseen)).code, 200);
  const refused = await client.put('large.k', value, unseen);
  t.is(refused.code, 413);
  t.regex(refused.text, /^the key's values would take \d+ bytes of 786432: get the key/);
  t.is((await client.get('large.k')).header('Quorate-Siblings'), '2');
});

test('413: siblings that no one message can carry, while the newest is still told', async t => {
  const {client, cluster} = shared();
  const value = Buffer.alloc(250 * 1024, 1);
  for (let index = 0; index < 5; index++) {
    t.is((await client.put('packed.k', value, unseen)).code, 200);
  }

  const all = await client.get('packed.k', {'Quorate-Accept': 'siblings'});
  t.is(all.code, 413);
  t.regex(all.text, /^the reply would take \d+ bytes: get without Quorate-Accept/);
  t.not(all.header('Quorate-Context'), '');
  t.is((await client.get('packed.k')).payload.length, value.length);

  const {topology} = cluster;
  const [owner = ''] = ownersOf(topology, partitionOf('packed.k', topology.partitions));
  const get = [9, 'get', 'packed', 'k', null, ['', '', '', '', '']];
  const [[no, code, text] = [0, 0, '']] = await askHost(client, owner, [get]);
  t.deepEqual([no, code], [9, 413]);
  t.regex(text, /^the siblings take \d+ bytes together/);
});

test('429: a frame for a host that is no owner of the key', async t => {
  const {client, cluster} = shared();
  const {topology} = cluster;
  const owners = ownersOf(topology, partitionOf('wrong.host', topology.partitions));
  const other = cluster.hosts.find(({id}) => !owners.includes(id))?.id ?? '';
  const put = [3, 'put', 'wrong', 'host', Buffer.from('v'), ['', '', '', '', '']];
  const [[no, code, text] = [0, 0, '']] = await askHost(client, other, [put]);
  t.deepEqual([no, code], [3, 429]);
  t.regex(text, /cannot be coordinated here; nothing was applied; ask another owner$/);
  t.is((await client.get('wrong.host')).code, 404);
});

test('frames: each operation is answered once, in as many messages as they need', async t => {
  const {client, cluster} = shared();
  const {topology} = cluster;
  const value = Buffer.alloc(20 * 1024, 1);
  const ops = Array.from({length: 40}, (_, no) => [
    no,
    'put',
    'many',
    `k${no}`,
    value,
    ['', '', '', '', ''],
  ]);
  for (const {id} of cluster.hosts) {
    const mine = ops.filter(([, , bucket, key]) =>
      ownersOf(
        topology,
        partitionOf(`${String(bucket)}.${String(key)}`, topology.partitions),
      ).includes(id),
    );
    for (const verb of ['put', 'get']) {
      const frame = [1, 'ops', mine.map(([no, , ...rest]) => [no, verb, ...rest])];
      const seen: number[] = [];
      const inbox = client.connection.subscribe(`_INBOX.many.${id}.${verb}`);
      client.publish(`quorate.c.${id}`, packr.pack(frame), {reply: `_INBOX.many.${id}.${verb}`});
      for await (const message of inbox) {
        const [, , results] = packr.unpack(message.data) as [
          number,
          string,
          Array<[number, number]>,
        ];
        for (const [no, code] of results) {
          t.is(code, 200);
          seen.push(no);
        }

        if (seen.length >= mine.length) {
          break;
        }
      }

      t.deepEqual(
        seen.toSorted((a, b) => a - b),
        mine.map(([no]) => Number(no)),
      );
    }
  }
});
