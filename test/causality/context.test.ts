import {testProp} from '@fast-check/ava';
import test from 'ava';
import * as fc from 'fast-check';
import {CONTEXT_CHARACTERS_MAX, openContext, sealContext} from '../../src/causality/context.js';
import {objects} from './model.js';

const scope = {
  clusterId: 'c'.repeat(22),
  secret: new Uint8Array(32).fill(7),
  name: 'users.alice',
};

const BASE64URL = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const hlcs = fc.maxSafeNat();

testProp('context: opens to what was sealed', [objects, hlcs], (t, {vector}, hlc) => {
  t.deepEqual(openContext(sealContext({vector, hlc}, scope), scope), {vector, hlc});
});

testProp(
  'context: with any character altered it does not open',
  [objects, hlcs, fc.nat(), fc.nat({max: 62})],
  (t, {vector}, hlc, position, shift) => {
    const token = sealContext({vector, hlc}, scope);
    const at = position % token.length;
    const other = BASE64URL[(BASE64URL.indexOf(token[at]!) + 1 + shift) % 64]!;
    t.is(openContext(token.slice(0, at) + other + token.slice(at + 1), scope), null);
  },
);

testProp(
  'context: cut short or lengthened it does not open',
  [objects, hlcs, fc.nat(), fc.string({minLength: 1})],
  (t, {vector}, hlc, cut, tail) => {
    const token = sealContext({vector, hlc}, scope);
    t.is(openContext(token.slice(0, cut % token.length), scope), null);
    t.is(openContext(token + tail, scope), null);
    t.is(openContext(tail + token, scope), null);
  },
);

testProp(
  'context: of another key, cluster or secret it does not open',
  [objects, fc.string(), fc.string(), fc.uint8Array()],
  (t, {vector}, name, clusterId, secret) => {
    const token = sealContext({vector, hlc: 1}, scope);
    t.is(openContext(token, {...scope, name}), null);
    t.is(openContext(token, {...scope, clusterId}), null);
    t.is(openContext(token, {...scope, secret}), null);
  },
);

test('context: a key does not borrow characters from the cluster id', t => {
  const given = {...scope, clusterId: 'ab', name: 'c.d'};
  const token = sealContext({vector: [], hlc: 0}, given);
  t.is(openContext(token, {...scope, clusterId: 'a', name: 'bc.d'}), null);
});

testProp(
  'context: garbage does not open and never throws',
  [fc.oneof(fc.string({unit: 'binary'}), fc.base64String(), fc.constant('A'.repeat(5000)))],
  (t, token) => {
    t.is(openContext(token, scope), null);
  },
  {numRuns: 1000},
);

test('context: longer than the bound it does not open, with ninety incarnations it does', t => {
  const vector = Array.from({length: 200}, (_, i) => ({
    incarnation: String(i).padStart(22, '0'),
    counter: 1_000_000 + i,
  }));
  const short = sealContext({vector: vector.slice(0, 90), hlc: 1}, scope);
  t.not(openContext(short, scope), null);
  const long = sealContext({vector, hlc: 1}, scope);
  t.true(long.length > CONTEXT_CHARACTERS_MAX);
  t.is(openContext(long, scope), null);
});
