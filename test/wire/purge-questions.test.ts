import {fc, testProp} from '@fast-check/ava';
import test from 'ava';
import {
  decodeKeptAsked,
  decodeKeptTold,
  decodeStepAsked,
  decodeStepTold,
  encodeKeptAsked,
  encodeKeptTold,
  encodeStepAsked,
  encodeStepTold,
  STEP_OBJECTS_MAX,
} from '../../src/wire/purge-questions.js';

const uint32 = fc.integer({min: 0, max: 0xffff_ffff});
const objects = fc.array(
  fc.record({name: fc.string(), hash: fc.record({hi: uint32, lo: uint32})}),
  {maxLength: STEP_OBJECTS_MAX},
);

testProp(
  'purge questions: a step is read as it was written',
  [fc.constantFrom('check' as const, 'mark', 'remove'), objects],
  (t, step, some) => {
    t.deepEqual(decodeStepAsked(encodeStepAsked({step, objects: some})), {step, objects: some});
  },
);

test('purge questions: answers and what is kept are read as they were written', t => {
  const answers = ['gone', 'equal', 'marked', 'differs'] as const;
  t.deepEqual(decodeStepTold(encodeStepTold(answers), 4), [...answers]);
  t.is(decodeStepTold(encodeStepTold(answers), 3), null);
  t.is(decodeStepTold(Uint8Array.of(4), 1), null);
  t.deepEqual(decodeKeptAsked(encodeKeptAsked([0, 66])), [0, 66]);
  const kept = {stamp: 'a.1.7', partitions: [3]};
  t.deepEqual(decodeKeptTold(encodeKeptTold(kept)), kept);
});

testProp(
  'purge questions: whatever the bytes are, nothing breaks',
  [fc.uint8Array()],
  (t, bytes) => {
    for (const decode of [decodeStepAsked, decodeKeptAsked, decodeKeptTold]) {
      t.notThrows(() => decode(bytes));
    }

    t.notThrows(() => decodeStepTold(bytes, bytes.length));
  },
);
