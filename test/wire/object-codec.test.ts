import {testProp} from '@fast-check/ava';
import test from 'ava';
import * as fc from 'fast-check';
import {Packr} from 'msgpackr';
import type {StoredObject} from '../../src/causality/object.js';
import {decodeObject, encodeObject, MalformedObject} from '../../src/wire/object-codec.js';
import {objects} from '../causality/model.js';

const packr = new Packr({useRecords: false, largeBigIntToFloat: true});
const pack = (content: unknown) => packr.pack(content);

/** Decoded values are Buffers where the bytes were one; only the content counts. */
const plain = (object: StoredObject): StoredObject => ({
  ...object,
  siblings: object.siblings.map(s => ({...s, value: Uint8Array.from(s.value)})),
});

/** Either refused as malformed, or an object that encodes and decodes to itself. */
function isRefusedOrCanonical(bytes: Uint8Array): boolean {
  try {
    const once = encodeObject(decodeObject(bytes));
    const twice = encodeObject(decodeObject(once));
    return Buffer.compare(once, twice) === 0;
  } catch (error) {
    return error instanceof MalformedObject;
  }
}

testProp('codec: decoding gives back what was encoded', [objects], (t, object) => {
  t.deepEqual(plain(decodeObject(encodeObject(object))), object);
});

testProp('codec: equal objects have equal bytes', [objects], (t, object) => {
  const bytes = encodeObject(object);
  t.is(Buffer.compare(encodeObject(structuredClone(object)), bytes), 0);
  t.is(Buffer.compare(encodeObject(decodeObject(bytes)), bytes), 0);
});

testProp('codec: every prefix is malformed', [objects, fc.nat()], (t, object, cut) => {
  const bytes = encodeObject(object);
  const prefix = bytes.subarray(0, cut % bytes.length);
  t.throws(() => decodeObject(prefix), {instanceOf: MalformedObject, code: 'MALFORMED_OBJECT'});
});

testProp(
  'codec: random bytes are refused as malformed, or give a canonical object',
  [fc.uint8Array({maxLength: 200})],
  (t, bytes) => {
    t.true(isRefusedOrCanonical(bytes));
  },
  {numRuns: 10_000},
);

testProp(
  'codec: altered bytes are refused as malformed, or give a canonical object',
  [objects, fc.array(fc.tuple(fc.nat(), fc.nat({max: 255})), {minLength: 1, maxLength: 3})],
  (t, object, changes) => {
    const bytes = Uint8Array.from(encodeObject(object));
    for (const [position, byte] of changes) {
      bytes[position % bytes.length] = byte;
    }

    t.true(isRefusedOrCanonical(bytes));
  },
  {numRuns: 10_000},
);

testProp(
  'codec: any other content is refused as malformed, or gives a canonical object',
  [fc.array(fc.anything({withBigInt: true, withTypedArray: true, withDate: true}))],
  (t, content) => {
    t.true(isRefusedOrCanonical(pack([1, ...content])));
  },
  {numRuns: 2000},
);

const value = new Uint8Array([1]);
const sibling = [['a', 1], 5, '', 0, value];
const malformed: Record<string, unknown> = {
  'another version': [2, ['a', 1], [sibling], []],
  'a missing part': [1, ['a', 1], [sibling]],
  'an extra part': [1, ['a', 1], [sibling], [], 0],
  'an odd vector': [1, ['a'], [], []],
  'an unsorted vector': [1, ['b', 1, 'a', 1], [], []],
  'an incarnation twice in the vector': [1, ['a', 1, 'a', 2], [], []],
  'an empty incarnation': [1, ['', 1], [], []],
  'an endless incarnation': [1, ['a'.repeat(65), 1], [], []],
  'counter 0': [1, ['a', 0], [], []],
  'a fractional counter': [1, ['a', 1.5], [], []],
  'an unsafe counter': [1, ['a', 2 ** 53], [], []],
  'a counter that is no number': [1, ['a', Number.NaN], [], []],
  'a dot that the vector does not cover': [1, ['a', 1], [[['a', 2], 5, '', 0, value]], []],
  'a sibling without a dot': [1, ['a', 1], [[[], 5, '', 0, value]], []],
  'several dots without an id': [1, ['a', 2], [[['a', 1, 'a', 2], 5, '', 0, value]], []],
  'unsorted siblings': [1, ['a', 2], [[['a', 2], 5, '', 0, value], sibling], []],
  'a dot twice': [1, ['a', 1], [sibling, sibling], []],
  'an id twice': [
    1,
    ['a', 1, 'b', 1],
    [
      [['a', 1], 5, 'p', 0, value],
      [['b', 1], 5, 'p', 0, value],
    ],
    [],
  ],
  'a stamp that is no number': [1, ['a', 1], [[['a', 1], Number.NaN, '', 0, value]], []],
  'a negative stamp': [1, ['a', 1], [[['a', 1], -1, '', 0, value]], []],
  'an unknown flag': [1, ['a', 1], [[['a', 1], 5, '', 4, value]], []],
  'a value that is no bytes': [1, ['a', 1], [[['a', 1], 5, '', 0, 'text']], []],
  'a tombstone with a value': [1, ['a', 1], [[['a', 1], 5, '', 1, value]], []],
  'unsorted retired ids': [1, ['a', 1], [sibling], ['q', 1, 'p', 1]],
  'a retired id twice': [1, ['a', 1], [sibling], ['p', 1, 'p', 2]],
  'an empty retired id': [1, ['a', 1], [sibling], ['', 1]],
  nothing: null,
};

const refused = test.macro({
  exec(t, content: unknown) {
    t.throws(() => decodeObject(pack(content)), {instanceOf: MalformedObject});
  },
  title: what => `codec: ${what} is malformed`,
});

for (const [what, content] of Object.entries(malformed)) {
  test(what, refused, content);
}

test('codec: nesting deeper than the stack is malformed', t => {
  const deep = new Uint8Array(200_000).fill(0x91);
  t.throws(() => decodeObject(deep), {instanceOf: MalformedObject});
});

test('codec: bytes after the object are malformed', t => {
  const bytes = pack([1, ['a', 1], [sibling], []]);
  t.is(decodeObject(bytes).siblings.length, 1);
  t.throws(() => decodeObject(Buffer.concat([bytes, Buffer.from([0])])), {
    instanceOf: MalformedObject,
  });
});

test('codec: more siblings than can be read back are not written', t => {
  const siblings = Array.from({length: 4097}, (_, i) => ({
    dots: [{incarnation: 'a', counter: i + 1}],
    hlc: 1,
    id: '',
    tombstone: false,
    deflated: false,
    value,
  }));
  const vector = [{incarnation: 'a', counter: 4097}];
  t.throws(() => encodeObject({vector, siblings, retired: []}), {instanceOf: RangeError});
  t.notThrows(() => decodeObject(encodeObject({vector, siblings: siblings.slice(1), retired: []})));
});
