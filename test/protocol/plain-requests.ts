/**
 * What a plain client says and hears: the same promises, whatever mappings the broker has or lacks.
 */
import test from 'ava';
import {Packr} from 'msgpackr';
import {partitionOf} from '../../src/ring/partition.js';
import {ownersOf} from '../../src/topology/lookup.js';
import type {ClusterOptions} from '../helpers/cluster.js';
import {shareCluster} from './shared-cluster.js';

const packr = new Packr({useRecords: false});
const valuesOf = (payload: Uint8Array) =>
  (packr.unpack(payload) as Uint8Array[]).map(value => Buffer.from(value).toString());

export function testPlainRequests(options: ClusterOptions): void {
  const shared = shareCluster(options);

  test('put, get, del: a value comes back byte for byte, and is gone after a delete', async t => {
    const {client} = shared();
    const value = Buffer.from(Array.from({length: 256}, (_, byte) => byte));
    const put = await client.put('round.trip', value);
    t.is(put.code, 200);
    t.is(put.payload.length, 0);
    const got = await client.get('round.trip');
    t.is(got.code, 200);
    t.deepEqual(Buffer.from(got.payload), value);
    t.is((await client.del('round.trip')).code, 200);
    t.is((await client.get('round.trip')).code, 404);
  });

  test('put: an empty value is a value', async t => {
    const {client} = shared();
    await client.put('round.empty', '');
    const got = await client.get('round.empty');
    t.is(got.code, 200);
    t.is(got.payload.length, 0);
    t.is(got.header('Quorate-Siblings'), '1');
  });

  test('replies: every header is there, and says what was done', async t => {
    const {client} = shared();
    const put = await client.put('headers.k', 'v');
    t.deepEqual(put.headerNames.toSorted(), [
      'Quorate-Acks',
      'Quorate-Context',
      'Quorate-Epoch',
      'Quorate-Outcome',
    ]);
    t.regex(put.header('Quorate-Acks'), /^[23]\/3$/);
    t.is(put.header('Quorate-Outcome'), 'strict');
    t.is(put.header('Quorate-Epoch'), '1');

    const got = await client.get('headers.k');
    t.deepEqual(got.headerNames.toSorted(), [
      'Quorate-Acks',
      'Quorate-Context',
      'Quorate-Epoch',
      'Quorate-Outcome',
      'Quorate-Siblings',
    ]);
    t.is(got.header('Quorate-Siblings'), '1');
    t.is(got.header('Quorate-Context'), put.header('Quorate-Context'));
  });

  test('get: a key that never was is 404 without a context', async t => {
    const {client} = shared();
    const got = await client.get('headers.never');
    t.is(got.code, 404);
    t.is(got.text, 'no such key');
    t.is(got.header('Quorate-Context'), '');
    t.is(got.payload.length, 0);
  });

  test('get: a deleted key is 404 with the context of its tombstone', async t => {
    const {client} = shared();
    await client.put('headers.deleted', 'v');
    const deleted = await client.del('headers.deleted');
    t.is(deleted.code, 200);
    const got = await client.get('headers.deleted');
    t.is(got.code, 404);
    t.not(got.header('Quorate-Context'), '');
    const context = got.header('Quorate-Context');
    t.is((await client.put('headers.deleted', 'again', {'Quorate-Context': context})).code, 200);
    const again = await client.get('headers.deleted');
    t.is(again.string, 'again');
    t.is(again.header('Quorate-Siblings'), '1');
  });

  test('del: of a key that never was succeeds and writes nothing', async t => {
    const {client} = shared();
    const deleted = await client.del('headers.nothing');
    t.is(deleted.code, 200);
    t.is(deleted.header('Quorate-Context'), '');
  });

  for (const [spelling, acks] of [
    ['1', /^[123]\/3$/],
    ['one', /^[123]\/3$/],
    ['2', /^[23]\/3$/],
    ['quorum', /^[23]\/3$/],
    ['3', /^3\/3$/],
    ['all', /^3\/3$/],
  ] as const) {
    test(`quorums: R and W of ${spelling} are kept`, async t => {
      const {client} = shared();
      const name = `quorums.k${spelling}`;
      const put = await client.put(name, spelling, {'Quorate-W': spelling});
      t.is(put.code, 200);
      t.regex(put.header('Quorate-Acks'), acks);
      const got = await client.get(name, {'Quorate-R': spelling});
      t.regex(got.header('Quorate-Acks'), acks);
      t.is((await client.del(name, {'Quorate-W': spelling, 'Quorate-R': spelling})).code, 200);
    });
  }

  for (const [fields, outcome] of [
    [{}, 'strict'],
    [{'Quorate-R': '1'}, 'weak'],
    [{'Quorate-W': '1'}, 'weak'],
    [{'Quorate-R': '1', 'Quorate-W': '1'}, 'weak'],
    [{'Quorate-R': 'one', 'Quorate-W': 'all'}, 'strict'],
    [{'Quorate-R': '3', 'Quorate-W': '1'}, 'strict'],
  ] as const) {
    const said = JSON.stringify(fields);
    test(`outcome: R and W that need not meet are weak, others strict: ${said}`, async t => {
      const {client} = shared();
      const name = `outcome.k${said.replaceAll(/\W/g, '')}`;
      for (const reply of [
        await client.put(name, 'v', fields),
        await client.get(name, fields),
        await client.del(name, fields),
        await client.get(name, fields),
      ]) {
        t.is(reply.header('Quorate-Outcome'), outcome);
      }
    });
  }

  test('siblings: two who write with what they read are both kept, newest first', async t => {
    const {client} = shared();
    await client.put('siblings.two', 'start');
    const seen = (await client.get('siblings.two')).header('Quorate-Context');
    await client.put('siblings.two', 'left', {'Quorate-Context': seen});
    await client.put('siblings.two', 'right', {'Quorate-Context': seen});

    const got = await client.get('siblings.two');
    t.is(got.header('Quorate-Siblings'), '2');
    t.is(got.string, 'right');
    const all = await client.get('siblings.two', {'Quorate-Accept': 'siblings'});
    t.deepEqual(valuesOf(all.payload), ['right', 'left']);
    const newest = await client.get('siblings.two', {'Quorate-Accept': 'newest'});
    t.is(newest.string, 'right');

    const both = all.header('Quorate-Context');
    await client.put('siblings.two', 'merged', {'Quorate-Context': both});
    const after = await client.get('siblings.two', {'Quorate-Accept': 'siblings'});
    t.deepEqual(valuesOf(after.payload), ['merged']);
  });

  test('siblings: the context that a put returns covers its own value alone', async t => {
    const {client} = shared();
    const first = await client.put('siblings.own', 'a', {'Quorate-Context': 'none'});
    const own = first.header('Quorate-Context');
    await client.put('siblings.own', 'b', {'Quorate-Context': 'none'});
    await client.put('siblings.own', 'c', {'Quorate-Context': own});
    const got = await client.get('siblings.own', {'Quorate-Accept': 'siblings'});
    t.deepEqual(valuesOf(got.payload), ['c', 'b']);
  });

  test('siblings: a put that leaves some gives no context, and says how many', async t => {
    const {client} = shared();
    await client.put('siblings.beside', 'a', {'Quorate-Context': 'none'});
    const second = await client.put('siblings.beside', 'b', {'Quorate-Context': 'none'});
    t.deepEqual([second.code, second.header('Quorate-Context')], [200, '']);
    t.is(second.header('Quorate-Siblings'), '2');
  });

  test('siblings: a put without a context overwrites all of them', async t => {
    const {client} = shared();
    await client.put('siblings.over', 'a', {'Quorate-Context': 'none'});
    await client.put('siblings.over', 'b', {'Quorate-Context': 'none'});
    t.is((await client.get('siblings.over')).header('Quorate-Siblings'), '2');
    await client.put('siblings.over', 'c');
    const got = await client.get('siblings.over');
    t.is(got.string, 'c');
    t.is(got.header('Quorate-Siblings'), '1');
  });

  test('siblings: a delete without a context deletes all of them', async t => {
    const {client} = shared();
    await client.put('siblings.gone', 'a', {'Quorate-Context': 'none'});
    await client.put('siblings.gone', 'b', {'Quorate-Context': 'none'});
    await client.del('siblings.gone');
    t.is((await client.get('siblings.gone', {'Quorate-R': 'all'})).code, 404);
  });

  test('siblings: a delete with a context deletes only what it had seen', async t => {
    const {client} = shared();
    await client.put('siblings.part', 'seen');
    const seen = (await client.get('siblings.part')).header('Quorate-Context');
    await client.put('siblings.part', 'unseen', {'Quorate-Context': seen});
    t.is((await client.del('siblings.part', {'Quorate-Context': seen})).code, 200);
    const got = await client.get('siblings.part', {'Quorate-Accept': 'siblings'});
    t.deepEqual(valuesOf(got.payload), ['unseen']);
  });

  test('context none: claims to have seen nothing, and becomes a sibling', async t => {
    const {client} = shared();
    await client.put('siblings.none', 'a');
    await client.put('siblings.none', 'b', {'Quorate-Context': 'none'});
    t.is((await client.get('siblings.none')).header('Quorate-Siblings'), '2');
  });

  test('Nats-Msg-Id: a retry through every owner is one write', async t => {
    const {client, cluster} = shared();
    const fields = {'Nats-Msg-Id': 'order-1', 'Quorate-Context': 'none', 'Quorate-W': 'all'};
    await client.put('retries.put', 'v', fields);
    const {topology} = cluster;
    for (const id of ownersOf(topology, partitionOf('retries.put', topology.partitions))) {
      const said = ['', 'all', 'none', '', 'order-1'];
      const op = [7, 'put', 'retries', 'put', Buffer.from('v'), said];
      const frame = packr.pack([1, 'ops', [op]]);
      const {payload} = await client.request(`quorate.c.${id}`, frame);
      const [, kind, [[no, code]]] = packr.unpack(payload);
      t.deepEqual([kind, no, code], ['done', 7, 200]);
    }

    const got = await client.get('retries.put', {'Quorate-R': 'all'});
    t.is(got.header('Quorate-Siblings'), '1');
  });

  test('Nats-Msg-Id: a retry of a superseded write brings nothing back', async t => {
    const {client} = shared();
    const fields = {'Nats-Msg-Id': 'order-2', 'Quorate-W': 'all'};
    await client.put('retries.late', 'old', fields);
    const seen = (await client.get('retries.late')).header('Quorate-Context');
    await client.put('retries.late', 'new', {'Quorate-Context': seen, 'Quorate-W': 'all'});
    for (let attempt = 0; attempt < 6; attempt++) {
      t.is((await client.put('retries.late', 'old', fields)).code, 200);
    }

    const got = await client.get('retries.late', {'Quorate-R': 'all'});
    t.is(got.string, 'new');
    t.is(got.header('Quorate-Siblings'), '1');
  });

  test('Nats-Msg-Id: a retried delete does not delete what was put since', async t => {
    const {client} = shared();
    const fields = {'Nats-Msg-Id': 'delete-1', 'Quorate-W': 'all'};
    await client.put('retries.del', 'v', {'Quorate-W': 'all'});
    t.is((await client.del('retries.del', fields)).code, 200);
    await client.put('retries.del', 'since', {'Quorate-W': 'all'});
    t.is((await client.del('retries.del', fields)).code, 200);
    t.is((await client.get('retries.del', {'Quorate-R': 'all'})).string, 'since');
  });

  test('Quorate-Timeout-Ms: a time that is kept changes nothing', async t => {
    const {client} = shared();
    t.is((await client.put('time.k', 'v', {'Quorate-Timeout-Ms': '60000'})).code, 200);
    t.is((await client.get('time.k', {'Quorate-Timeout-Ms': '5000'})).string, 'v');
  });

  test('keys: deeper than the mappings go another way and arrive', async t => {
    const {client} = shared();
    for (const tokens of [1, 2, 7, 8, 9, 30]) {
      const name = `deep.${Array.from({length: tokens}, (_, index) => `t${index}`).join('.')}`;
      t.is((await client.put(name, name)).code, 200);
      t.is((await client.get(name)).string, name);
      t.is((await client.del(name)).code, 200);
      t.is((await client.get(name)).code, 404);
    }
  });

  test('keys: tokens, letters and encoded bytes that differ are different keys', async t => {
    const {client} = shared();
    const keys = [
      'a.b',
      'a%2Eb',
      'ab',
      'A.b',
      'é',
      'e\u0301',
      '日本.🦆',
      '%00',
      '%FF',
      '%25',
      '%2A',
    ];
    for (const key of keys) {
      t.is((await client.put(`spell.${key}`, key)).code, 200, key);
    }

    for (const key of keys) {
      t.is((await client.get(`spell.${key}`)).string, key);
    }
  });

  test('keys: the longest one is served', async t => {
    const {client} = shared();
    const name = `${'b'.repeat(64)}.${'é'.repeat(512)}`;
    t.is((await client.put(name, 'v')).code, 200);
    t.is((await client.get(name)).string, 'v');
  });

  test('values: the largest one comes back whole', async t => {
    const {client} = shared();
    const value = Buffer.alloc(256 * 1024, 7);
    t.is((await client.put('large.k', value)).code, 200);
    t.deepEqual(Buffer.from((await client.get('large.k')).payload), value);
  });

  test('put: without a reply subject is carried out in silence', async t => {
    const {client} = shared();
    client.publish('quorate.put.silent.k', 'v');
    for (let code = 404; code === 404; ) {
      ({code} = await client.get('silent.k'));
    }

    t.is((await client.get('silent.k')).string, 'v');
  });

  test('headers that are not ours are ignored', async t => {
    const {client} = shared();
    const fields = {traceparent: '00-1-2-3', 'X-Anything': 'Ü'};
    t.is((await client.put('foreign.k', 'v', fields)).code, 200);
  });
}
