import {fc, testProp} from '@fast-check/ava';
import test from 'ava';
import {
  type Digest,
  type News,
  NEWS_MAX,
  NO_LOAD,
  packDigest,
  type Said,
  unpackDigest,
} from '../../src/liveness/digest.js';
import {pack} from '../../src/wire/pack.js';

const count = fc.nat();
const load = fc.record({
  requests: count,
  requestsMax: count,
  mailbox: count,
  commitMs: count,
  loopDelayMs: count,
});
const news: fc.Arbitrary<News> = fc.record({
  host: fc.string({maxLength: 40}),
  life: fc.maxSafeNat(),
  counter: fc.maxSafeNat(),
  said: fc.constantFrom<Said>(0, 1, 2),
  forMs: count,
  load,
});

testProp(
  'digest: what one host packs another unpacks as it was',
  [fc.boolean(), fc.array(news, {minLength: 1, maxLength: NEWS_MAX})],
  (t, asks, [self, ...others]) => {
    const digest: Digest = {asks, news: [self as News, ...others]};
    t.deepEqual(unpackDigest(packDigest(digest)), digest);
  },
);

testProp(
  'digest: any other bytes are none, and nothing is thrown',
  [fc.uint8Array()],
  (t, bytes) => {
    t.notThrows(() => unpackDigest(bytes));
  },
);

const piece = ['h1', 1, 1, 0, 0, 0, 0, 0, 0, 0];

test('digest: without a sender, too long, or with what is no count, it is none', t => {
  const of = (...parts: unknown[]) => unpackDigest(pack(parts));
  t.not(of(1, false, [piece]), null);
  for (const parts of [
    [2, false, [piece]],
    [1, 0, [piece]],
    [1, false, []],
    [1, false, [piece, piece.slice(1)]],
    [1, false, [piece, null]],
    [1, false, [[7, ...piece.slice(1)]]],
    [1, false, [['h'.repeat(257), ...piece.slice(1)]]],
    [1, false, [['h1', -1, ...piece.slice(2)]]],
    [1, false, [['h1', 1.5, ...piece.slice(2)]]],
    [1, false, [['h1', 1, 1, 3, ...piece.slice(4)]]],
    [1, false, Array.from({length: NEWS_MAX + 1}, () => piece)],
    [1, false, [piece], 1],
  ]) {
    t.is(of(...parts), null, JSON.stringify(parts).slice(0, 60));
  }
});

test('digest: the longest stays far below what a message holds', t => {
  const huge: News = {
    host: 'h'.repeat(64),
    life: 2 ** 52,
    counter: 2 ** 40,
    said: 1,
    forMs: 2 ** 31,
    load: {...NO_LOAD, requests: 2 ** 16, mailbox: 2 ** 16},
  };
  const others = Array.from({length: NEWS_MAX - 1}, () => huge);
  const digest: Digest = {asks: true, news: [huge, ...others]};
  t.true(packDigest(digest).length < 16 * 1_024);
});
