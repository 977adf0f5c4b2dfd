import {testProp} from '@fast-check/ava';
import test from 'ava';
import {EMPTY_LIST, includeId, ID_CHARACTERS_MAX} from '../../src/causality/id-list.js';
import * as fc from 'fast-check';
import type {StoredObject} from '../../src/causality/object.js';
import {MalformedBytes} from '../../src/wire/bytes.js';
import {decodeObject, encodeObject} from '../../src/wire/object-codec.js';
import {objects} from '../causality/model.js';
import {bytesOf, type Part} from '../helpers/bytes.js';

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
    return error instanceof MalformedBytes;
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
  t.throws(() => decodeObject(prefix), {instanceOf: MalformedBytes, code: 'MALFORMED_BYTES'});
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

const value = new Uint8Array([1]);
const head = [2, 1, 'a', 1];
const sibling = [0, 5, '', 1, 0, 1, value];
const twoVnodes = [2, 2, 'a', 1, 'b', 1, 2];
const named = (place: number) => [0, 5, 'p', 1, place, 1, value];
const dead = [1, 5, '', 1, 0, 1];
const none = new Uint8Array(0);
const p = includeId(EMPTY_LIST, {id: 'p', hlc: 1});
const malformed: Record<string, Part[]> = {
  'another version': [1, 1, 'a', 1, 1, ...sibling, none],
  'a missing part': [...head, 1, ...sibling],
  'an extra part': [...head, 1, ...sibling, none, 0],
  'a vector that ends early': [2, 2, 'a', 1],
  'an unsorted vector': [2, 2, 'b', 1, 'a', 1, 0, none],
  'an incarnation twice in the vector': [2, 2, 'a', 1, 'a', 2, 0, none],
  'an empty incarnation': [2, 1, '', 1, 0, none],
  'an endless incarnation': [2, 1, 'a'.repeat(65), 1, 0, none],
  'counter 0': [2, 1, 'a', 0, 0, none],
  'a dot that the vector does not cover': [...head, 1, 0, 5, '', 1, 0, 2, value, none],
  'a dot of an incarnation that is not in the vector': [...head, 1, 0, 5, '', 1, 1, 1, value, none],
  'a dot with counter 0': [...head, 1, 0, 5, '', 1, 0, 0, value, none],
  'a sibling without a dot': [...head, 1, 0, 5, '', 0, value, none],
  'several dots without an id': [2, 1, 'a', 2, 1, 0, 5, '', 2, 0, 1, 0, 2, value, none],
  'unsorted dots': [2, 1, 'a', 2, 1, 0, 5, 'p', 2, 0, 2, 0, 1, value, none],
  'unsorted siblings': [2, 1, 'a', 2, 2, 0, 5, '', 1, 0, 2, value, ...sibling, none],
  'a dot twice': [...head, 2, ...sibling, ...sibling, none],
  'an id twice': [...twoVnodes, ...named(0), ...named(1), 0],
  'an unknown flag': [...head, 1, 4, 5, '', 1, 0, 1, value, none],
  'an endless id': [...head, 1, 0, 5, 'p'.repeat(ID_CHARACTERS_MAX + 1), 1, 0, 1, value, none],
  'a tombstone with a value': [...head, 1, ...dead, value, none],
  'a list of retired ids that is none': [...head, 1, ...sibling, p.subarray(1)],
  nothing: [],
};

const refused = test.macro({
  exec(t, parts: Part[]) {
    t.throws(() => decodeObject(bytesOf(parts)), {instanceOf: MalformedBytes});
  },
  title: what => `codec: ${what} is malformed`,
});

for (const [what, parts] of Object.entries(malformed)) {
  test(what, refused, parts);
}

test('codec: what the malformed ones are variations of is an object', t => {
  const parts = [...head, 1, ...sibling, p];
  t.deepEqual(plain(decodeObject(bytesOf(parts))), {
    vector: [{incarnation: 'a', counter: 1}],
    siblings: [
      {
        dots: [{incarnation: 'a', counter: 1}],
        hlc: 5,
        id: '',
        tombstone: false,
        deflated: false,
        value,
      },
    ],
    retired: p,
  });
});

test('codec: a dot whose incarnation the vector does not have is not written', t => {
  const object = decodeObject(bytesOf([...head, 1, ...sibling, none]));
  t.throws(() => encodeObject({...object, vector: []}), {instanceOf: RangeError});
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
  t.throws(() => encodeObject({vector, siblings, retired: EMPTY_LIST}), {instanceOf: RangeError});
  t.notThrows(() =>
    decodeObject(encodeObject({vector, siblings: siblings.slice(1), retired: EMPTY_LIST})),
  );
});
