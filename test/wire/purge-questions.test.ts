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
  STEP_ENTRIES_MAX,
  STEP_OBJECTS_MAX,
} from '../../src/wire/purge-questions.js';

const byText = (a: string, b: string) => (a < b ? -1 : 1);
const uint32 = fc.integer({min: 0, max: 0xffff_ffff});
const entries = fc
  .uniqueArray(fc.stringMatching(/^[\w-]{1,22}$/), {maxLength: STEP_ENTRIES_MAX})
  .chain(names =>
    fc
      .array(fc.integer({min: 1, max: 2 ** 40}), {minLength: names.length, maxLength: names.length})
      .map(counters =>
        names.toSorted(byText).map((incarnation, at) => ({incarnation, counter: counters[at]!})),
      ),
  );
const objects = fc.array(
  fc.record({name: fc.string(), hash: fc.record({hi: uint32, lo: uint32}), entries}),
  {maxLength: STEP_OBJECTS_MAX},
);

testProp(
  'purge questions: a step is read as it was written',
  [fc.constantFrom('check' as const, 'mark', 'remove', 'spent', 'retire'), objects],
  (t, step, some) => {
    t.deepEqual(decodeStepAsked(encodeStepAsked({step, objects: some})), {step, objects: some});
  },
);

test('purge questions: answers and what is kept are read as they were written', t => {
  const answers = ['gone', 'equal', 'marked', 'differs', 'spent', 'retired'] as const;
  t.deepEqual(decodeStepTold(encodeStepTold(answers), 6), [...answers]);
  t.is(decodeStepTold(encodeStepTold(answers), 3), null);
  t.is(decodeStepTold(Uint8Array.of(6), 1), null);
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
