import {fc, testProp} from '@fast-check/ava';
import {openRecord, sealRecord} from '../../src/store/record.js';

const bytes = fc.uint8Array({maxLength: 60});

testProp('record: what was sealed opens again', [bytes, bytes], (t, key, content) => {
  const opened = openRecord(key, sealRecord(key, content));
  t.deepEqual(opened && new Uint8Array(opened), content);
});

testProp(
  'record: a flipped bit, a cut or another key is damage',
  [bytes, bytes, fc.nat(), fc.nat({max: 7})],
  (t, key, content, at, bit) => {
    const record = sealRecord(key, content);
    const flipped = Buffer.from(record);
    const index = at % flipped.length;
    flipped[index] = (flipped[index] ?? 0) ^ (1 << bit);
    t.is(openRecord(key, flipped), null);
    t.is(openRecord(key, record.subarray(0, index)), null);
    t.is(openRecord(Buffer.concat([key, Buffer.of(1)]), record), null);
  },
);
