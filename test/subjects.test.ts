import test from 'ava';
import * as fc from 'fast-check';
import {encodeKey, nameOf} from '../src/keys.js';
import {isRoot, partitionQueue, Subjects, VERBS} from '../src/subjects.js';

const subjects = new Subjects('quorate');

test('subjects: what is built parses back to what it was built from', t => {
  const bucket = fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/);
  const key = fc
    .string({unit: 'grapheme', minLength: 1, maxLength: 30})
    .map(text => encodeKey(text));
  fc.assert(
    fc.property(fc.constantFrom(...VERBS), bucket, key, fc.nat(16380), (verb, b, k, partition) => {
      const name = nameOf(b, k);
      t.deepEqual(subjects.parsePlain(subjects.plain(verb, name)), {
        partition: null,
        verb,
        bucket: b,
        key: k,
      });
      t.deepEqual(subjects.parsePlain(subjects.mapped(partition, verb, name)), {
        partition,
        verb,
        bucket: b,
        key: k,
      });
      t.deepEqual(subjects.parsePlain(subjects.addressed('h1', verb, name)), {
        partition: null,
        verb,
        bucket: b,
        key: k,
      });
    }),
  );
});

test('subjects: are spelled as the protocol says', t => {
  t.is(subjects.plain('get', 'users.alice'), 'quorate.get.users.alice');
  t.is(subjects.mapped(7, 'put', 'users.alice'), 'quorate.p.7.put.users.alice');
  t.is(subjects.client('h1'), 'quorate.c.h1');
  t.is(subjects.addressed('h1', 'put', 'users.alice'), 'quorate.c.h1.put.users.alice');
  t.is(subjects.allAddressed('h1'), 'quorate.c.h1.>');
  t.is(subjects.lane('h1', 'data'), 'quorate.h.h1.data');
  t.is(subjects.bulk('h1'), 'quorate.b.h1');
  t.is(subjects.unheard('h1', 'h2', 'x7'), 'quorate.h.h1.unheard.h2.x7');
  t.is(subjects.allOfHost('h1'), 'quorate.h.h1.>');
  t.is(subjects.peerOfUnheard(subjects.unheard('h1', 'h2', 'x7'), 'x7'), 'h2');
  t.is(subjects.peerOfUnheard(subjects.unheard('h1', 'h2', 'x7'), 'y8'), '');
  t.is(subjects.peerOfUnheard('quorate.h.h1.data', 'x7'), '');
  t.is(subjects.event('h1', 'restart'), 'quorate.events.h1.restart');
  t.is(subjects.info, 'quorate.info');
  t.is(subjects.allOfPartition(7), 'quorate.p.7.>');
  t.is(subjects.allEvents, 'quorate.events.>');
  t.is(partitionQueue(7), 'p7');
  t.deepEqual(subjects.allUnmapped, ['quorate.get.>', 'quorate.put.>', 'quorate.del.>']);
});

test('subjects: a request without a key is left for the check of its name', t => {
  t.deepEqual(subjects.parsePlain('quorate.get.users'), {
    partition: null,
    verb: 'get',
    bucket: 'users',
    key: '',
  });
});

for (const [subject, reason] of [
  ['quorate.p.7.post.users.alice', /unknown verb: use one of get, put, del/],
  ['quorate.post.users.alice', /unknown verb/],
  ['quorate.p.7', /names no partition/],
  ['quorate.p.07.get.users.alice', /names no partition/],
  ['quorate.p.-1.get.users.alice', /names no partition/],
  ['quorate.p..get.users.alice', /names no partition/],
  ['quorate.p.7.', /unknown verb/],
  ['quorate.c.h1', /unknown verb/],
  ['quorate.c.h1.post.users.alice', /unknown verb/],
  ['other.get.users.alice', /not under quorate/],
  ['quorate', /not under quorate/],
] as const) {
  test(`subjects: ${subject} is refused with the reason`, t => {
    const refusal = subjects.parsePlain(subject);
    t.true('code' in refusal && refusal.code === 400 && reason.test(refusal.text));
  });
}

test('subjects: any text parses or is refused, and never throws', t => {
  const token = fc.oneof(fc.constantFrom('quorate', 'p', '7', 'get', 'users', ''), fc.string());
  fc.assert(
    fc.property(fc.array(token), tokens => {
      t.truthy(subjects.parsePlain(tokens.join('.')));
    }),
  );
});

test('replies: go to what looks like an inbox', t => {
  for (const reply of ['_INBOX.abc.1', '_R_.x', '_GR_.x.y', '_INBOX.a']) {
    t.true(subjects.isReplyAllowed(reply), reply);
  }
});

test("replies: never go under the cluster's root, under $, to a wildcard, or to no subject", t => {
  const foolish = new Subjects('quorate', ['quorate', '$SYS', 'app']);
  for (const reply of [
    '',
    'quorate.put.users.alice',
    'quorate.h.h1.data',
    '$SYS.REQ.SERVER.PING',
    '$JS.API.STREAM.DELETE.x',
    'app.>',
    'app.a.*',
    'other.subject',
    '_INBOX.',
    '_INBOX',
    '_INBOX.>',
    '_INBOX.*.a',
    '_INBOX.a..b',
    '_INBOX.a.',
    '_INBOX.a b',
    '_INBOXES.a',
  ]) {
    t.false(foolish.isReplyAllowed(reply), reply);
  }
});

test('replies: configured prefixes are whole tokens', t => {
  const own = new Subjects('quorate', ['_INBOX_app', 'answers.app.']);
  t.true(own.isReplyAllowed('_INBOX_app.x'));
  t.true(own.isReplyAllowed('answers.app.x'));
  t.false(own.isReplyAllowed('_INBOX_apple.x'));
});

test('roots: one plain token that hides neither among inboxes nor among system subjects', t => {
  t.true(isRoot('quorate') && isRoot('shop-2'));
  for (const root of ['', 'a.b', '_INBOX', '$SYS', 'a*', '>', 'a b', 'x'.repeat(33)]) {
    t.false(isRoot(root), root);
    t.throws(() => new Subjects(root), {instanceOf: TypeError});
  }
});
