import {fc, testProp} from '@fast-check/ava';
import test from 'ava';
import {VERBS} from '../../src/subjects.js';
import {
  decodeClientReply,
  decodeClientRequest,
  encodeAsk,
  encodeDone,
  encodeOps,
  encodeRefused,
  encodeTold,
  OPS_MAX,
  type ClientOp,
  type ClientResult,
} from '../../src/wire/client-frames.js';
import {pack} from '../../src/wire/pack.js';

const text = fc.string();
const bytes = fc.uint8Array({maxLength: 50});
const anyOp: fc.Arbitrary<ClientOp> = fc.tuple(
  fc.maxSafeNat(),
  fc.constantFrom(...VERBS),
  text,
  text,
  fc.option(bytes, {nil: null}),
  fc.oneof(fc.tuple(text, text, text, text, text), fc.tuple(text, text, text, text, text, text)),
);
const anyResult: fc.Arbitrary<ClientResult> = fc.tuple(
  fc.nat(),
  fc.nat(),
  text,
  fc.array(bytes, {maxLength: 3}),
  text,
  fc.nat(),
  fc.nat(),
  text,
);
/** Byte values compare by content, whatever class carries them. */
const plain = (value: unknown): unknown =>
  value instanceof Uint8Array
    ? [...value]
    : Array.isArray(value)
      ? value.map(part => plain(part))
      : value;

testProp(
  'requests: operations come back as they were sent',
  [fc.array(anyOp, {maxLength: 20})],
  (t, ops) => {
    const request = decodeClientRequest(encodeOps(ops));
    t.is(request.kind, 'ops');
    t.deepEqual(plain(request.kind === 'ops' ? request.ops : null), plain(ops));
  },
);

test('requests: a question comes back with its parameter', t => {
  t.deepEqual(decodeClientRequest(encodeAsk('locate', {key: 'k'})), {
    kind: 'ask',
    question: 'locate',
    parameter: {key: 'k'},
  });
});

testProp(
  'replies: results come back as they were sent',
  [fc.array(anyResult, {maxLength: 20}), fc.nat()],
  (t, results, epoch) => {
    const reply = decodeClientReply(encodeDone(results, epoch));
    t.like(reply, {kind: 'done', epoch});
    t.deepEqual(plain(reply?.kind === 'done' ? reply.results : null), plain(results));
  },
);

test('replies: what was told or refused comes back', t => {
  t.deepEqual(decodeClientReply(encodeTold({a: [1]})), {kind: 'told', answer: {a: [1]}});
  t.deepEqual(decodeClientReply(encodeRefused('why')), {kind: 'refused', text: 'why'});
});

testProp(
  'requests: garbage is malformed and says why, never an error',
  [fc.uint8Array()],
  (t, garbage) => {
    const request = decodeClientRequest(garbage);
    t.is(request.kind, 'malformed');
    t.true(request.kind === 'malformed' && request.why !== '');
    t.is(decodeClientReply(garbage), null);
  },
);

testProp(
  'requests: well-packed garbage is malformed',
  [fc.array(fc.jsonValue(), {maxLength: 5})],
  (t, parts) => {
    t.is(decodeClientRequest(pack(parts)).kind, 'malformed');
    t.is(
      decodeClientRequest(pack([1, 'ops', parts])).kind,
      parts.length === 0 ? 'ops' : 'malformed',
    );
  },
);

testProp(
  'requests: an operation with one part wrong spoils its frame, and is named',
  [anyOp, anyOp, fc.nat()],
  (t, good, op, at) => {
    const index = at % op.length;
    const bad = (op as readonly unknown[]).with(index, {});
    const request = decodeClientRequest(pack([1, 'ops', [good, bad]]));
    t.deepEqual(request, {kind: 'malformed', why: 'operation 1 of the frame has the wrong shape'});
  },
);

test('requests: more operations than are allowed are refused as a whole', t => {
  const op: ClientOp = [1, 'get', 'b', 'k', null, ['', '', '', '', '']];
  const frame = (count: number) => encodeOps(Array.from({length: count}, () => op));
  t.is(decodeClientRequest(frame(OPS_MAX)).kind, 'ops');
  t.is(decodeClientRequest(frame(OPS_MAX + 1)).kind, 'malformed');
});

test('frames: another version is not understood by either side', t => {
  t.is(decodeClientRequest(pack([2, 'ops', []])).kind, 'malformed');
  t.is(decodeClientReply(pack([2, 'told', 'x'])), null);
  t.is(decodeClientReply(pack([1, 'sung', 'x'])), null);
});
