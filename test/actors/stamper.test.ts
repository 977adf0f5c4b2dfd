import test from 'ava';
import {Stamper} from '../../actors/vnode/stamper.js';
import {HybridClock} from '../../src/causality/hlc.js';
import {SimClock} from '../../src/sim/clock.js';
import {LEASE_LOW_DOTS, type Identity} from '../../src/store/identity.js';

const me: Identity = {
  incarnation: 'me',
  leasedUpTo: LEASE_LOW_DOTS + 2,
  isSealed: false,
  isProven: true,
};

function setUp() {
  const low: Identity[] = [];
  const stamper = new Stamper(new SimClock(), new HybridClock(), identity => low.push(identity));
  return {stamper, low, stamp: (coverHlc = 0) => stamper.stamp(undefined, coverHlc)};
}

test('stamper: gives each dot once, from above what is spent up to its lease', t => {
  const {stamper, stamp} = setUp();
  t.is(stamp(), null);
  stamper.assume({...me, leasedUpTo: 9}, 7);
  t.deepEqual([stamp()?.dot.counter, stamp()?.dot.counter, stamp()], [8, 9, null]);
});

test('stamper: asks for the next lease once, while dots are left', t => {
  const {stamper, stamp, low} = setUp();
  stamper.assume(me, 0);
  stamp();
  t.deepEqual(low, []);
  stamp();
  stamp();
  t.deepEqual(low, [me]);
});

test('stamper: a lease of another incarnation changes nothing', t => {
  const {stamper} = setUp();
  stamper.assume(me, 0);
  t.false(stamper.renew({...me, incarnation: 'other', leasedUpTo: 1e6}));
  t.is(stamper.identity, me);
});

test('stamper: shown a dot of its own that it has not given, it gives none any more', t => {
  const {stamper, stamp} = setUp();
  stamper.assume(me, 5);
  t.false(stamper.hasForgotten([{incarnation: 'me', counter: 5}]));
  t.false(stamper.hasForgotten([{incarnation: 'other', counter: 99}]));
  t.true(stamper.hasForgotten([{incarnation: 'me', counter: 6}]));
  t.is(stamp(), null);
});

test('stamper: a stamp is later than everything that the write supersedes', t => {
  const {stamper, stamp} = setUp();
  stamper.assume(me, 0);
  const first = stamp();
  t.true((stamp((first?.hlc ?? 0) + 1_000)?.hlc ?? 0) > (first?.hlc ?? 0) + 1_000);
});
