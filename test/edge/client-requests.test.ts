import test from 'ava';
import * as fc from 'fast-check';
import {ClientRequests} from '../../src/edge/client-requests.js';
import {decodeClientReply} from '../../src/wire/client-frames.js';
import {pack} from '../../src/wire/pack.js';
import {ABSENT, edgeBed, messageOf} from './edge-bed.js';

const reply = fc.constantFrom('_INBOX.a', '_INBOX.a', '', 'quorate.put.a.b', '$SYS.x', '_INBOX.>');
const text = fc.oneof(
  fc.constantFrom('', '1', '4', 'all', 'none', 'a', 'users', 'a.b', '%'),
  fc.string({unit: 'binary', maxLength: 40}),
);
const value = fc.option(fc.uint8Array({maxLength: 40}));
const op = fc.tuple(
  fc.integer(),
  fc.constantFrom('get', 'put', 'del'),
  text,
  text,
  value,
  fc.tuple(text, text, text, text, text),
);
const payload = fc.oneof(
  fc.uint8Array({maxLength: 200}),
  fc.anything({maxDepth: 4}).map(packed),
  fc.tuple(fc.constantFrom(1, 2), fc.constantFrom('ops', 'ask', 'x'), fc.anything()).map(packed),
  fc.array(op, {minLength: 1, maxLength: 20}).map(ops => packed([1, 'ops', ops])),
);

/** What MessagePack has no form for is sent as nothing. */
function packed(frame: unknown): Uint8Array {
  try {
    return pack(frame);
  } catch {
    return new Uint8Array(0);
  }
}

const message = (bytes: Uint8Array, to: string) =>
  messageOf({subject: 'quorate.c.h1', reply: to, payload: bytes, headers: []});

test('client frames: whatever comes is answered to an inbox, or dropped and counted', t => {
  fc.assert(
    fc.property(payload, reply, fc.boolean(), (bytes, to, isOpen) => {
      const {ports, transport, clock, counters} = edgeBed(() => (isOpen ? ABSENT : undefined));
      new ClientRequests(ports).onMessage(message(bytes, to));
      clock.run(0);
      if (to === '_INBOX.a') {
        t.true(transport.published.every(({subject}) => subject === to));
        t.true(transport.published.every(sent => decodeClientReply(sent.payload) !== null));
      } else {
        t.deepEqual(transport.published, []);
        t.is(counters.get('requests_dropped_reply_not_allowed'), 1);
      }
    }),
    {numRuns: 3_000},
  );
});

test('client frames: every operation of a well-formed frame is answered exactly once', t => {
  const ops = fc.uniqueArray(op, {minLength: 1, maxLength: 50, selector: ([no]) => no});
  fc.assert(
    fc.property(ops, fc.boolean(), (asked, isOpen) => {
      const {ports, transport, clock} = edgeBed(() => (isOpen ? ABSENT : undefined));
      new ClientRequests(ports).onMessage(message(pack([1, 'ops', asked]), '_INBOX.a'));
      clock.run(0);
      const numbers = transport.published.flatMap(sent => {
        const told = decodeClientReply(sent.payload);
        return told?.kind === 'done' ? told.results.map(([no]) => no) : [];
      });
      const ascending = (a: number, b: number) => a - b;
      t.deepEqual(numbers.toSorted(ascending), asked.map(([no]) => no).toSorted(ascending));
    }),
    {numRuns: 500},
  );
});

test('client frames: a reason never grows with what it is about', t => {
  const {ports, transport, clock} = edgeBed();
  const long = 'x'.repeat(900_000);
  const edge = new ClientRequests(ports);
  for (const at of [0, 1, 2, 3, 4]) {
    const options = ['', '', '', '', ''].with(at, long);
    edge.onMessage(message(pack([1, 'ops', [[at, 'get', 'b', 'k', null, options]]]), '_INBOX.a'));
  }

  edge.onMessage(
    message(pack([1, 'ops', [[5, 'get', long, 'k', null, ['', '', '', '', '']]]]), '_INBOX.a'),
  );
  edge.onMessage(
    message(pack([1, 'ops', [[6, 'get', 'b', long, null, ['', '', '', '', '']]]]), '_INBOX.a'),
  );
  clock.run(0);
  t.is(transport.published.length, 1);
  t.true((transport.published[0]?.payload.length ?? 0) < 10_000);
});

test('client frames: answers of one turn to one client leave as one message', t => {
  const {ports, transport, clock} = edgeBed();
  const edge = new ClientRequests(ports);
  const get = (no: number) => [no, 'get', 'users', `k${no}`, null, ['', '', '', '', '']];
  edge.onMessage(message(pack([1, 'ops', [get(1), get(2)]]), '_INBOX.a'));
  edge.onMessage(message(pack([1, 'ops', [get(3)]]), '_INBOX.a'));
  edge.onMessage(message(pack([1, 'ops', [get(4)]]), '_INBOX.b'));
  clock.run(0);
  t.deepEqual(
    transport.published.map(({subject}) => subject),
    ['_INBOX.a', '_INBOX.b'],
  );
});
