import {fc, testProp} from '@fast-check/ava';
import {decodeHint, encodeHint} from '../../src/store/hint-record.js';
import {
  hintKey,
  hintRange,
  identityKey,
  journalKey,
  objectKey,
  pageKey,
  placeOfKey,
  topologyKey,
} from '../../src/store/layout.js';

const label = fc.record({
  epoch: fc.nat(),
  targets: fc.array(fc.string(), {maxLength: 15}),
  keptAtMs: fc.nat({max: 4e12}),
});

testProp(
  'hint: comes back from the disk as it was kept',
  [label, fc.uint8Array({maxLength: 100})],
  (t, kept, object) => {
    const found = decodeHint(encodeHint(kept, object));
    t.deepEqual(found?.label, kept);
    t.deepEqual(Buffer.from(found?.object ?? []), Buffer.from(object));
  },
);

testProp('hint: other bytes are none, and never throw', [fc.uint8Array()], (t, bytes) => {
  t.is(decodeHint(bytes), null);
});

testProp(
  'hint: lies where all hints lie, and nothing else does; its key tells its name',
  [fc.nat({max: 65_535}), fc.string({unit: 'grapheme'})],
  (t, partition, name) => {
    const {from, to} = hintRange();
    const isIn = (key: Uint8Array) => Buffer.compare(from, key) <= 0 && Buffer.compare(key, to) < 0;
    const key = hintKey(partition, name);
    t.true(isIn(key));
    t.deepEqual(placeOfKey(key), {kind: 'hint', partition, name});
    const others = [objectKey(partition, name), pageKey(partition, 1), journalKey(partition)];
    t.false([...others, identityKey(partition), topologyKey()].some(isIn));
  },
);
