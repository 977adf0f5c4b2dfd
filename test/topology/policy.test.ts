import test from 'ava';
import * as fc from 'fast-check';
import {
  DEFAULT_POLICY,
  parseBucketFlag,
  parseQuorum,
  policyProblems,
  resolveQuorum,
} from '../../src/topology/policy.js';

test('policy: a flag names a bucket and what differs from the defaults', t => {
  t.deepEqual(parseBucketFlag('orders:quorum=strict,conflicts=lww,n=3'), {
    bucket: 'orders',
    policy: {quorum: 'strict', conflicts: 'lww', n: 3},
  });
  t.deepEqual(parseBucketFlag('a:r=one,w=2,maxValueBytes=1024,maxSiblings=5,compression=deflate'), {
    bucket: 'a',
    policy: {r: 'one', w: 2, maxValueBytes: 1024, maxSiblings: 5, compression: 'deflate'},
  });
});

for (const [flag, reason] of [
  ['orders', /does not start with a bucket and a colon/],
  [':n=3', /does not start with a bucket/],
  ['or ders:n=3', /does not start with a bucket/],
  ['__proto__:n=3', /does not start with a bucket/],
  ['orders:', /'' is no setting: allowed are n, r, w, conflicts/],
  ['orders:N=3', /'N=3' is no setting/],
  ['orders:constructor=3', /is no setting/],
  ['orders:n=0', /n cannot be '0': allowed is a whole number from 1 to/],
  ['orders:n=03', /n cannot be '03'/],
  ['orders:n=3=4', /n cannot be '3=4'/],
  ['orders:n', /n cannot be ''/],
  ['orders:quorum=loose', /quorum cannot be 'loose': allowed is sloppy or strict/],
  ['orders:r=most', /r cannot be 'most': allowed is a number, one, quorum or all/],
  ['orders:n=3,n=2', /n is given twice/],
  ['orders:n=3,', /'' is no setting/],
] as const) {
  test(`policy: the flag '${flag}' is refused with what is allowed`, t => {
    const refusal = parseBucketFlag(flag);
    t.regex(typeof refusal === 'string' ? refusal : 'it was accepted', reason);
  });
}

test('policy: R and W, once resolved, lie in 1..n', t => {
  const spec = fc.oneof(
    fc.constantFrom('one' as const, 'quorum' as const, 'all' as const),
    fc.nat(20),
  );
  fc.assert(
    fc.property(spec, fc.integer({min: 1, max: 15}), (quorum, n) => {
      const resolved = resolveQuorum(quorum, n);
      t.true(resolved === null ? typeof quorum === 'number' : resolved >= 1 && resolved <= n);
    }),
  );
});

test('policy: two quorums always meet', t => {
  for (let n = 1; n <= 15; n++) {
    t.true(2 * (resolveQuorum('quorum', n) ?? 0) > n);
  }
});

test('policy: a quorum is read from plain digits and three words only', t => {
  t.is(parseQuorum('2'), 2);
  t.is(parseQuorum('quorum'), 'quorum');
  for (const text of ['', '-1', 'abc', '1e1', '01', '1.0', ' 1', '+1', '9999999999', 'Quorum']) {
    t.is(parseQuorum(text), null, text);
  }
});

test("policy: a bucket's n is at most the cluster's", t => {
  t.deepEqual(policyProblems(DEFAULT_POLICY, 3), []);
  t.regex(policyProblems(DEFAULT_POLICY, 2).join(), /n=3 is more than the cluster's n of 2/);
  t.regex(policyProblems({...DEFAULT_POLICY, w: 4}, 5).join(), /w=4 is outside 1..3/);
  t.regex(policyProblems({...DEFAULT_POLICY, r: 0}, 5).join(), /r=0 is outside 1..3/);
});
