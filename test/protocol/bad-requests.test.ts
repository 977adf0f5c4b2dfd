/**
 * Plain requests that are wrong in one way each: told so in words, or dropped and counted; nothing
 * is stored.
 */
import {connect as connectSocket} from 'node:net';
import test from 'ava';
import {sealContext} from '../../src/causality/context.js';
import {until} from '../helpers/until.js';
import {contentsOf, counted, fill, health} from './contents.js';
import {type Fields, RawClient} from './raw-client.js';
import {shareCluster} from './shared-cluster.js';

const shared = shareCluster();
const none = Buffer.alloc(0);

type Case = {
  readonly what: string;
  readonly subject?: string;
  readonly payload?: Uint8Array;
  readonly fields?: Fields;
  readonly code: number;
  readonly text: RegExp;
};

const name = (text: string, subject: string, reason: RegExp, code = 400): Case => ({
  what: text,
  subject,
  code,
  text: reason,
});
const header = (field: string, value: string, reason: RegExp): Case => ({
  what: `${field}: ${JSON.stringify(value.slice(0, 30))}`,
  fields: {[field]: value},
  code: 400,
  text: reason,
});

const NAMES: readonly Case[] = [
  name('no key', 'quorate.put.users', /empty token/),
  name('a bucket that is too long', `quorate.put.${'b'.repeat(65)}.k`, /is no name for one/),
  name('a bucket of illegal bytes', 'quorate.put.b!d.k', /use 1 to 64 of A-Z a-z 0-9 _ -/),
  name('a bucket that is encoded', 'quorate.put.b%41.k', /is no name for one/),
  name('a star for a key', 'quorate.put.users.*', /canonical spelling, "%2A"/),
  name('a star for a bucket', 'quorate.put.*.k', /is no name for one/),
  name('a control byte', 'quorate.put.users.a\u0001b', /canonical spelling, "a%01b"/),
  name('a delete byte', 'quorate.put.users.a\u007Fb', /canonical spelling, "a%7Fb"/),
  name('a greater sign in a token', 'quorate.put.users.a>b', /canonical spelling, "a%3Eb"/),
  name('a replacement character', 'quorate.put.users.\uFFFD', /canonical spelling, "%EF%BF%BD"/),
  name('lowercase hexadecimal', 'quorate.put.users.a%2eb', /canonical spelling, "a%2Eb"/),
  name('needless encoding', 'quorate.put.users.%61', /canonical spelling, "a"/),
  name('needless encoding of a letter', 'quorate.put.users.%C3%A9', /canonical spelling, "\?"/),
  name('a percent sign at the end', 'quorate.put.users.a%', /canonical spelling, "a%25"/),
  name('half an encoding', 'quorate.put.users.a%2', /canonical spelling, "a%252"/),
  name('no hexadecimal digits', 'quorate.put.users.a%GG', /canonical spelling, "a%25GG"/),
  name('a deep key that is misspelled', 'quorate.put.a.b.c.d.e.f.g.h.i.%', /canonical spelling/),
  name('an unknown verb of a partition', 'quorate.p.7.post.users.k', /unknown verb: use one of/),
  name('no verb of a partition', 'quorate.p.7.users', /unknown verb/),
  name('a partition that has no number', 'quorate.p.07.put.users.k', /no responders/, 503),
  name('a partition that there is not', 'quorate.p.4711.put.users.k', /no responders/, 503),
  name('an unknown verb', 'quorate.post.users.k', /no responders/, 503),
  name('a key of 1,025 bytes', `quorate.put.users.${'k'.repeat(1025)}`, /limit of 1024/, 413),
  name(
    'a key of 1,026 bytes in two-byte letters',
    `quorate.put.users.${'é'.repeat(513)}`,
    /1026 bytes as/,
    413,
  ),
  name(
    'a key of 1,026 bytes of encoding',
    `quorate.put.users.${'%20'.repeat(342)}`,
    /1026 bytes as/,
    413,
  ),
  name('a deep key of 1,025 bytes', `quorate.put.users.${'a.'.repeat(512)}b`, /1025 bytes as/, 413),
  name('a key of 8,000 bytes', `quorate.put.users.${'k'.repeat(8000)}`, /8000 bytes as/, 413),
];

const COUNTS = [
  '0',
  '4',
  '-1',
  '1.5',
  'abc',
  '01',
  '+1',
  '1e0',
  '0x1',
  'ALL',
  'two',
  '99999999999',
  '٣',
  'NaN',
];
const HEADERS: readonly Case[] = [
  ...['R', 'W'].flatMap(which =>
    COUNTS.map(value =>
      header(
        `Quorate-${which}`,
        value,
        new RegExp(`^${which} cannot be .*use 1 to 3, or one, quorum or all`),
      ),
    ),
  ),
  ...[
    'Quorate-R',
    'Quorate-W',
    'Quorate-Context',
    'Quorate-Timeout-Ms',
    'Quorate-Accept',
    'Nats-Msg-Id',
  ].flatMap(field =>
    ['', '   '].map(value => header(field, value, new RegExp(`^${field} is empty`))),
  ),
  ...['0', '-1', '60001', '1.5', 'soon', '1e3', '99999999999999999999'].map(value =>
    header('Quorate-Timeout-Ms', value, /^the timeout cannot be .*milliseconds from 1 to 60000/),
  ),
  ...['all', 'Siblings', 'json'].map(value =>
    header('Quorate-Accept', value, /^Quorate-Accept cannot be .*use newest or siblings/),
  ),
  header('Nats-Msg-Id', 'x'.repeat(257), /may have 256 characters, this one has 257/),
  header('nats-msg-id', 'x', /there is no request header nats-msg-id/),
  header('quorate-r', '2', /there is no request header quorate-r: known are Quorate-R, Quorate-W/),
  header('Quorate-Acks', '3/3', /there is no request header Quorate-Acks/),
  header('Quorate-Durability', 'none', /there is no request header Quorate-Durability/),
  ...['None', 'NONE', 'garbage', '====', 'A'.repeat(22), 'A'.repeat(5000), '{"a":1}'].map(value =>
    header('Quorate-Context', value, /^the context was not issued for this key by this cluster/),
  ),
];

const VALUES: readonly Case[] = [
  {
    what: 'a value over the limit',
    payload: Buffer.alloc(256 * 1024 + 1),
    code: 413,
    text: /the value has 262145 bytes, the bucket takes 262144: store it in parts/,
  },
];

for (const {what, subject = 'quorate.put.kept.k0', payload = none, fields = {}, code, text} of [
  ...NAMES,
  ...HEADERS,
  ...VALUES,
]) {
  test(`refused with a reason: ${what}`, async t => {
    const {client} = shared();
    const answered = client.request(subject, payload, fields).then(
      reply => ({code: reply.code, text: reply.text}),
      (error: unknown) => ({code: 503, text: String(error)}),
    );
    const reply = await answered;
    t.regex(reply.text, text);
    t.is(reply.code, code);
  });
}

test('refused with a reason: a context that was altered, cut, or belongs elsewhere', async t => {
  const {client, cluster} = shared();
  await client.put('contexts.a', 'v');
  await client.put('contexts.b', 'v');
  await client.put('other.a', 'v');
  const context = (await client.get('contexts.a')).header('Quorate-Context');
  const {cluster: identity} = cluster.topology;
  const forged = (clusterId: string, secret: Uint8Array) =>
    sealContext({hlc: 1, vector: []}, {clusterId, secret, name: 'contexts.a'});
  const flipped = Array.from({length: context.length}, (_, at) => {
    const letter = context[at] === 'A' ? 'B' : 'A';
    return context.slice(0, at) + letter + context.slice(at + 1);
  });
  for (const token of [
    ...flipped,
    context.slice(0, -1),
    context.slice(1),
    context.slice(0, context.length / 2),
    `${context}A`,
    `${context}=`,
    context + context,
    (await client.get('contexts.b')).header('Quorate-Context'),
    (await client.get('other.a')).header('Quorate-Context'),
    forged(identity.id, Buffer.alloc(32)),
    forged('another cluster', Buffer.from(identity.secret, 'base64url')),
  ]) {
    for (const verb of ['put', 'del']) {
      const reply = await client.request(`quorate.${verb}.contexts.a`, 'forged', {
        'Quorate-Context': token,
      });
      t.is(reply.code, 400, token);
      t.regex(reply.text, /^the context was not issued for this key by this cluster/);
    }
  }

  t.is((await client.get('contexts.a')).string, 'v');
  t.is((await client.put('contexts.a', 'w', {'Quorate-Context': context})).code, 200);
});

for (const reply of [
  'quorate.put.victim.k',
  'quorate.h.h1.data',
  'quorate.c.h1',
  '$SYS.REQ.SERVER.PING',
  '$JS.API.STREAM.DELETE.x',
  '_INBOX.>',
  '_INBOX.*',
  '_INBOX',
  '_INBOX.a..b',
  '_INBOX.a.',
  'elsewhere',
  '>',
]) {
  test(`dropped and counted: a reply subject of ${reply}`, async t => {
    const {client, cluster} = shared();
    const subjects = [
      'quorate.put.kept.k0',
      'quorate.info',
      '$SRV.PING.quorate.h1',
      'quorate.c.h1',
    ];
    const before = counted({cluster}, 'requests_dropped_reply_not_allowed');
    const heard: string[] = [];
    const tap = client.connection.subscribe('quorate.put.victim.>', {
      callback: (_, message) => {
        heard.push(message.subject);
      },
    });
    for (const subject of subjects) {
      client.publish(subject, 'bad', {reply});
    }

    // Others of these tests count there too, at the same time.
    await until(
      () => counted({cluster}, 'requests_dropped_reply_not_allowed') >= before + subjects.length,
    );
    t.deepEqual(heard, []);
    tap.unsubscribe();
    t.is((await client.get('victim.k')).code, 404);
  });
}

test('dropped and counted: client frames without a reply subject', async t => {
  const {client, cluster} = shared();
  const before = counted({cluster}, 'requests_dropped_reply_not_allowed');
  client.publish('quorate.c.h2', 'no reply');
  client.publish('quorate.info', '');
  client.publish('$SRV.PING', '');
  await until(() => counted({cluster}, 'requests_dropped_reply_not_allowed') >= before + 5);
  t.pass();
});

/**
 * Speaks the line protocol, for subjects that no client library would send. Answers all it hears.
 */
async function speak(port: number, subjects: readonly Buffer[]): Promise<string> {
  const socket = connectSocket(port, '127.0.0.1');
  let heard = '';
  socket.setEncoding('utf8').on('data', (text: string) => {
    heard += text;
  });
  const closed = new Promise<void>(resolve => socket.once('close', () => resolve()));
  socket.on('error', () => {});
  socket.write(
    'CONNECT {"verbose":false,"headers":true,"no_responders":true}\r\nSUB _INBOX.raw 1\r\n',
  );
  for (const subject of subjects) {
    socket.write(
      Buffer.concat([Buffer.from('PUB '), subject, Buffer.from(' _INBOX.raw 1\r\nv\r\n')]),
    );
  }

  const answers = () => heard.split(/\r\nH?MSG |^H?MSG /m).length - 1;
  await Promise.race([closed, until(() => answers() >= subjects.length)]);
  socket.destroy();
  return heard;
}

test('refused with a reason: bytes that are no UTF-8', async t => {
  const {cluster} = shared();
  const subject = (bytes: readonly number[]) =>
    Buffer.concat([Buffer.from('quorate.put.users.'), Buffer.from(bytes)]);
  const heard = await speak(cluster.broker.port, [
    subject([0xff]),
    subject([0xc3]),
    subject([0xc0, 0xaf]),
    subject([0xed, 0xa0, 0x80]),
    subject([0x61, 0x80, 0x62]),
  ]);
  t.is(heard.match(/Nats-Service-Error-Code: 400/g)?.length, 5, heard);
  t.is(heard.match(/is not in its one canonical spelling/g)?.length, 5);
});

test('answered by the broker itself: an empty token reaches no host', async t => {
  const {cluster} = shared();
  const heard = await speak(
    cluster.broker.port,
    ['quorate.put..k', 'quorate.put.users.', 'quorate.put.users..k', 'quorate.put.'].map(text =>
      Buffer.from(text),
    ),
  );
  t.is(heard.match(/NATS\/1\.0 503/g)?.length, 4, heard);
});

test('a subject over the control line costs nobody but its sender the connection', async t => {
  const {client, cluster} = shared();
  const heard = await speak(cluster.broker.port, [
    Buffer.from(`quorate.get.users.${'k'.repeat(9000)}`),
  ]);
  t.regex(heard, /-ERR 'maximum control line exceeded'/i);
  t.is((await client.get('users.never')).code, 404);
});

test.serial('nothing of it was stored, and every host serves', async t => {
  const {client, cluster} = shared();
  const bed = {client, cluster};
  const names = await fill(bed);
  const before = await contentsOf(bed, names);
  const other = await RawClient.connect(t, cluster.url);
  for (const {subject = 'quorate.put.kept.k1', payload = none, fields = {}} of [
    ...NAMES,
    ...HEADERS,
    ...VALUES,
  ]) {
    await other.request(subject, payload, fields).catch(() => null);
  }

  t.deepEqual(await contentsOf(bed, names), before);
  t.deepEqual(await health(bed), []);
});
