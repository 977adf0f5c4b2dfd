import test from 'ava';
import {Held, hold, holdBytes} from '../../src/store/held.js';
import {objectOf} from '../helpers/held.js';

const object = objectOf('x');

test('held: what arrives as bytes is held as what was made here', t => {
  const made = hold('k', object);
  const {object: decoded, bytes, hash} = holdBytes('k', made.bytes);
  t.deepEqual(Buffer.from(bytes), Buffer.from(made.bytes));
  t.deepEqual(hash, made.hash);
  t.deepEqual(decoded.vector, object.vector);
});

test('held: what is held as bytes alone is decoded when asked', t => {
  const made = hold('k', object);
  const held = new Held('k', made.bytes, null);
  t.deepEqual(held.hash, made.hash);
  t.is(held.object, held.object);
});

test('held: the same object under another key weighs differently in the Merkle tree', t => {
  t.notDeepEqual(hold('a', object).hash, hold('b', object).hash);
});

test('held: bytes that are no object are refused', t => {
  t.throws(() => holdBytes('k', Buffer.from('no object')));
});
