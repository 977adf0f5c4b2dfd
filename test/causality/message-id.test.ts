import test from 'ava';
import {hashMessageId} from '../../src/causality/message-id.js';

test('message id: of any length becomes 12 characters of base64url, always the same', t => {
  for (const id of ['', 'a', 'é'.repeat(5000)]) {
    t.regex(hashMessageId(id), /^[\w-]{12}$/);
    t.is(hashMessageId(id), hashMessageId(id));
  }

  t.not(hashMessageId('a'), hashMessageId('b'));
});

// SHA-256 of 'abc' is ba7816bf 8f01cfea 414140de ... (FIPS 180-4, example 1).
test('message id: is the head of the SHA-256', t => {
  const head = Buffer.from('ba7816bf8f01cfea41', 'hex');
  t.is(hashMessageId('abc'), head.toString('base64url'));
});
