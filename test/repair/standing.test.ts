import test from 'ava';
import {mayServe, type Joiner, type OtherOwner} from '../../src/repair/standing.js';

const other = (over: Partial<OtherOwner> = {}): OtherOwner => ({
  isProven: false,
  isReachable: true,
  isVirgin: false,
  hasFounded: false,
  ...over,
});
const proven = other({isProven: true});
const virgin = other({isVirgin: true});
const founder = other({hasFounded: true});
const down = other({isReachable: false});
const serves = (others: readonly OtherOwner[], over: Partial<Joiner> = {}) =>
  mayServe({isFresh: true, isEmpty: true, ...over, others});

test('standing: who was proven equal with all others serves, and waits for each of them', t => {
  t.true(serves([proven, proven], {isFresh: false, isEmpty: false}));
  t.false(serves([proven, other()]));
  t.false(serves([proven, down]));
});

test('standing: an owner without others serves at once', t => {
  t.true(serves([], {isFresh: false}));
});

test('standing: owners of a new cluster serve once a majority of them is there', t => {
  t.true(serves([virgin, virgin]));
  t.true(serves([virgin, down]));
  t.false(serves([down, down]));
  t.false(serves([virgin, down, down, down]));
  t.true(serves([virgin, virgin, down, down]));
});

test('standing: among others that hold data a new store is a lost one', t => {
  t.false(serves([virgin, other()]));
  t.false(serves([other(), down]));
  t.false(serves([virgin, virgin], {isFresh: false}));
});

test('standing: who was held for virgin by one that serves may hold what came since', t => {
  t.true(serves([founder, down], {isEmpty: false}));
  t.false(serves([virgin, down], {isEmpty: false}));
  t.false(serves([founder, other()]));
});
