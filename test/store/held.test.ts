import test from 'ava';
import {hold, holdBytes} from '../../src/store/held.js';
import {objectOf} from '../helpers/held.js';

const object = objectOf('x');

test('held: what arrives as bytes is held as what was made here', t => {
  const made = hold('k', object);
  const {object: decoded, bytes, hash} = holdBytes('k', made.bytes);
  t.deepEqual(Buffer.from(bytes), Buffer.from(made.bytes));
  t.deepEqual(hash, made.hash);
  t.deepEqual(decoded.vector, object.vector);
});

test('held: it keeps its own bytes and no larger buffer alive', t => {
  const {bytes} = hold('k', object);
  const frame = Buffer.concat([Buffer.alloc(1_000), bytes]);
  const taken = holdBytes('k', frame.subarray(1_000));
  frame.fill(0);
  for (const held of [hold('k', object), taken]) {
    t.is(held.bytes.buffer.byteLength, held.bytes.length);
  }

  t.deepEqual(Buffer.from(taken.bytes), Buffer.from(bytes));
  t.is(Buffer.from(taken.object.siblings[0]?.value ?? []).toString(), 'x');
});

test('held: the same object under another key weighs differently in the Merkle tree', t => {
  t.notDeepEqual(hold('a', object).hash, hold('b', object).hash);
});

test('held: bytes that are no object are refused', t => {
  t.throws(() => holdBytes('k', Buffer.from('no object')));
});
