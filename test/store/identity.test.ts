import {fc, testProp} from '@fast-check/ava';
import test from 'ava';
import {SimRandom} from '../../src/sim/random.js';
import {
  decodeIdentity,
  encodeIdentity,
  extendLease,
  freshIdentity,
  LEASE_DOTS,
  LEASE_LOW_DOTS,
  prove,
  seal,
} from '../../src/store/identity.js';

test('identity: a fresh one has 128 random bits and one lease', t => {
  const random = new SimRandom(1);
  const [a, b] = [freshIdentity(random, false), freshIdentity(random, false)];
  t.is(Buffer.from(a.incarnation, 'base64url').length, 16);
  t.not(a.incarnation, b.incarnation);
  t.is(a.leasedUpTo, LEASE_DOTS);
});

test('identity: an extended lease keeps the incarnation and only grows', t => {
  const first = freshIdentity(new SimRandom(1), false);
  t.deepEqual(extendLease(first), {...first, leasedUpTo: 2 * LEASE_DOTS});
  t.true(LEASE_LOW_DOTS < LEASE_DOTS);
});

test('identity: only a seal says that it may be continued, and the next lease breaks it', t => {
  const fresh = freshIdentity(new SimRandom(1), false);
  t.false(fresh.isSealed);
  t.deepEqual(seal(fresh), {...fresh, isSealed: true});
  t.false(extendLease(seal(fresh)).isSealed);
});

test('identity: what was proven stays so under the next lease and seal', t => {
  const fresh = freshIdentity(new SimRandom(1), false);
  t.false(fresh.isProven);
  t.true(seal(extendLease(prove(fresh))).isProven);
});

test('identity: it survives its encoding', t => {
  const identity = extendLease(freshIdentity(new SimRandom(1), false));
  for (const stored of [identity, seal(identity), prove(identity)]) {
    t.deepEqual(decodeIdentity(encodeIdentity(stored)), stored);
  }
});

testProp(
  'identity: bytes that are none are null, never an error',
  [fc.uint8Array()],
  (t, bytes) => {
    t.is(decodeIdentity(bytes), null);
  },
);
