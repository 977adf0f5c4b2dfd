import test from 'ava';
import * as fc from 'fast-check';
import {isRejection} from '../../src/edge/request-options.js';
import {PlainRequests} from '../../src/edge/plain-requests.js';
import {VERBS} from '../../src/subjects.js';
import {ABSENT, edgeBed, messageOf, type Sent} from './edge-bed.js';

const token = fc.oneof(
  fc.constantFrom(
    'quorate',
    'p',
    '7',
    '0',
    'get',
    'put',
    'del',
    'users',
    'a',
    '',
    '*',
    '>',
    '%2E',
    '%',
  ),
  fc.string({unit: 'binary', maxLength: 8}),
);
const subject = fc.oneof(
  fc.array(token, {maxLength: 12}).map(tokens => tokens.join('.')),
  fc.tuple(fc.constantFrom(...VERBS), token, token).map(tokens => ['quorate', ...tokens].join('.')),
  fc
    .tuple(fc.nat(80), fc.constantFrom(...VERBS), token, token)
    .map(([partition, ...rest]) => ['quorate', 'p', partition, ...rest].join('.')),
);
const reply = fc.oneof(
  fc.constantFrom('', '_INBOX.a.1', '_R_.x', 'quorate.put.a.b', '$SYS.x', '_INBOX.>', '_INBOX.a b'),
  fc.string({unit: 'binary', maxLength: 12}),
);
const field = fc.constantFrom(
  'Quorate-R',
  'Quorate-W',
  'Quorate-Context',
  'Quorate-Timeout-Ms',
  'Quorate-Accept',
  'Nats-Msg-Id',
  'nats-msg-id',
  'Quorate-Acks',
  'X-Other',
  'a b',
  'é',
);
const said = fc.oneof(
  fc.constantFrom('', '1', '3', '4', 'all', 'none', 'siblings', '5000', 'a\nb'),
  fc.string({unit: 'binary', maxLength: 300}),
);
const sent: fc.Arbitrary<Sent> = fc.record({
  subject,
  reply,
  payload: fc.uint8Array({maxLength: 64}),
  headers: fc.array(fc.tuple(field, said), {maxLength: 4}),
});

test('plain requests: any message is answered once, handed on once, or dropped and counted', t => {
  const seen = {answered: 0, forwarded: 0, dropped: 0, silent: 0};
  fc.assert(
    fc.property(sent, fc.boolean(), (message, isOpen) => {
      const {ports, transport, counters} = edgeBed(() => (isOpen ? ABSENT : undefined));
      new PlainRequests(ports).onMessage(messageOf(message));
      const {published} = transport;
      const isDropped = counters.get('requests_dropped_reply_not_allowed') === 1;
      const isForwarded = counters.get('requests_forwarded') === 1;
      const answers = Object.entries(counters.all()).filter(([name]) =>
        name.startsWith('answers_'),
      );
      if (isDropped) {
        t.false(ports.subjects.isReplyAllowed(message.reply));
        t.deepEqual([published, answers], [[], []]);
        seen.dropped += 1;
      } else if (isForwarded) {
        t.is(published.length, 1);
        t.regex(published[0]?.subject ?? '', /^quorate\.p\.\d+\.(?:get|put|del)\./);
        t.is(published[0]?.options.reply ?? '', message.reply);
        t.is(published[0]?.payload, message.payload);
        t.deepEqual(answers, []);
        seen.forwarded += 1;
      } else if (message.reply === '') {
        t.deepEqual(published, []);
        t.is(answers.length, 1);
        seen.silent += 1;
      } else {
        t.deepEqual(
          published.map(({subject: to}) => to),
          [message.reply],
        );
        t.is(answers.length, 1);
        seen.answered += 1;
      }
    }),
    {numRuns: 5_000},
  );
  for (const [kind, count] of Object.entries(seen)) {
    t.true(count > 0, kind);
  }
});

test('plain requests: what is handed on says all that the client said to us', t => {
  const {ports, transport, topology} = edgeBed(() => undefined);
  const headers = [
    ['Quorate-R', '1'],
    ['Quorate-W', 'all'],
    ['Quorate-Context', 'none'],
    ['Quorate-Timeout-Ms', '700'],
    ['Quorate-Accept', 'siblings'],
    ['Nats-Msg-Id', 'order 1'],
  ] as const;
  const plain = new PlainRequests({...ports, isReachable: () => true});
  const payload = Buffer.from('v');
  plain.onMessage(
    messageOf({
      subject: 'quorate.put.a.b',
      reply: '_INBOX.x',
      payload,
      headers: [...headers, ['é', 'x']],
    }),
  );
  const admitted = ports.admission.admit(
    {
      verb: 'put',
      bucket: 'a',
      key: 'b',
      value: payload,
      options: {r: '', w: '', context: '', timeoutMs: '', id: '', monotonic: ''},
    },
    () => undefined,
  );
  t.true(topology.partitions > 1 && !isRejection(admitted));
  const partition = isRejection(admitted) ? -1 : admitted.partition;
  t.deepEqual(transport.published, [
    {subject: `quorate.p.${partition}.put.a.b`, payload, options: {reply: '_INBOX.x', headers}},
  ]);
});

test('plain requests: one that came the right way never goes round again', t => {
  const {ports, transport} = edgeBed(() => undefined);
  for (let partition = 0; partition < 67; partition++) {
    new PlainRequests({...ports, isReachable: () => true}).onMessage(
      messageOf({
        subject: `quorate.p.${partition}.get.a.b`,
        reply: '_INBOX.x',
        payload: new Uint8Array(0),
        headers: [],
      }),
    );
  }

  const refused = transport.published.filter(({subject: to}) => to === '_INBOX.x');
  t.is(refused.length, 1);
  t.is(transport.published.length, 67);
  t.deepEqual(refused[0]?.options.headers?.[0], ['Nats-Service-Error-Code', '429']);
});
