import {testProp} from '@fast-check/ava';
import test from 'ava';
import * as fc from 'fast-check';
import {ByteReader, ByteWriter, MalformedBytes} from '../../src/wire/bytes.js';
import {Interner} from '../../src/wire/interner.js';
import {SimRandom} from '../../src/sim/random.js';
import {bytesOf} from '../helpers/bytes.js';

const texts = fc.string({unit: 'binary-ascii'});
const edges = [0x7f, 0x80, 2 ** 31 - 1, 2 ** 31, 2 ** 32, 2 ** 49, Number.MAX_SAFE_INTEGER];
const integers = fc.oneof(fc.nat(), fc.maxSafeNat(), fc.constantFrom(...edges));
const parts = fc.array(fc.oneof(integers, texts, fc.uint8Array()));

testProp('bytes: what was written is read back', [parts], (t, written) => {
  const reader = new ByteReader(bytesOf(written));
  const read = written.map(part =>
    typeof part === 'number'
      ? reader.integer()
      : typeof part === 'string'
        ? reader.text(1000)
        : Uint8Array.from(reader.binary()),
  );
  t.deepEqual(read, written);
  t.notThrows(() => reader.end());
});

testProp(
  'bytes: any bytes are an integer in one spelling, or malformed',
  [fc.uint8Array({minLength: 1, maxLength: 10})],
  (t, bytes) => {
    for (const length of bytes.keys()) {
      const spelling = bytes.subarray(0, length + 1);
      try {
        const reader = new ByteReader(spelling);
        const integer = reader.integer();
        reader.end();
        t.deepEqual(Uint8Array.from(bytesOf([integer])), Uint8Array.from(spelling));
      } catch (error) {
        t.true(error instanceof MalformedBytes);
      }
    }
  },
  {numRuns: 2000},
);

const overlong: Record<string, number[]> = {
  'with a last byte of 0': [0x80, 0],
  'past the safe ones': [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x10],
  'without an end': Array.from({length: 20}, () => 0xff),
  'cut off': [0x80],
};

for (const [what, bytes] of Object.entries(overlong)) {
  test(`bytes: an integer ${what} is malformed`, t => {
    t.throws(() => new ByteReader(Uint8Array.from(bytes)).integer(), {instanceOf: MalformedBytes});
  });
}

test('bytes: an integer above its bound, a text too long or not ASCII are malformed', t => {
  t.is(new ByteReader(bytesOf([7])).integer(7), 7);
  t.throws(() => new ByteReader(bytesOf([8])).integer(7), {instanceOf: MalformedBytes});
  t.throws(() => new ByteReader(bytesOf(['abc'])).text(2), {instanceOf: MalformedBytes});
  t.throws(() => new ByteReader(Buffer.from('\u0003ab\u00e9', 'latin1')).text(9), {
    instanceOf: MalformedBytes,
  });
});

test('bytes: what cannot be read back is not written', t => {
  for (const part of [-1, 1.5, Number.NaN, 2 ** 53, 'h\u00e9']) {
    t.throws(() => bytesOf([part]), {instanceOf: RangeError});
  }
});

test('bytes: a copy outlives what is written next', t => {
  const writer = new ByteWriter();
  writer.text('first');
  const copy = writer.copy();
  writer.clear();
  writer.text('other');
  t.is(new ByteReader(copy).text(9), 'first');
});

testProp(
  'interner: a text is the same with it as without, whatever it holds',
  [fc.array(fc.string({unit: 'binary-ascii', maxLength: 3}), {minLength: 1})],
  (t, all) => {
    const interner = new Interner();
    for (const text of [...all, ...all]) {
      t.is(new ByteReader(bytesOf([text])).text(9, interner), text);
    }
  },
);

test('interner: it finds what it was given last', t => {
  const interner = new Interner();
  const bytes = Buffer.from('xabcx');
  t.is(interner.find(bytes, 1, 3), null);
  interner.add('abc');
  t.is(interner.find(bytes, 1, 3), 'abc');
  t.is(interner.find(bytes, 1, 2), null);
});

test('interner: nearly all of the incarnations that a host meets are found again', t => {
  const interner = new Interner();
  const random = new SimRandom(1);
  const all = Array.from({length: 200}, () => Buffer.from(random.bytes(16)).toString('base64url'));
  for (const text of all) {
    interner.add(text);
  }

  const missed = all.filter(text => interner.find(Buffer.from(text), 0, text.length) === null);
  t.true(missed.length <= 2, `${missed.length} were not found`);
});
