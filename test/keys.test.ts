import test from 'ava';
import * as fc from 'fast-check';
import {
  checkName,
  decodeKey,
  encodeKey,
  KEY_BYTES_MAX,
  KeyError,
  nameOf,
  splitName,
} from '../src/keys.js';

const text = fc.oneof(
  fc.string({unit: 'binary', minLength: 1, maxLength: 60}),
  fc.string({
    unit: fc.constantFrom('.', '%', 'a', ' ', '*', '>', 'é', '\uFEFF', '\uFFFD', '\n'),
    minLength: 1,
  }),
);
const bytes = fc.oneof(
  fc.uint8Array({minLength: 1, maxLength: 40}),
  // Near misses of UTF-8: truncated, overlong, surrogates, too large.
  fc
    .array(
      fc.constantFrom(
        0xc0,
        0xc3,
        0xa9,
        0xe0,
        0xed,
        0xa0,
        0x80,
        0xef,
        0xbf,
        0xbd,
        0xf0,
        0xf4,
        0x90,
        0x25,
        0x41,
      ),
      {
        minLength: 1,
        maxLength: 12,
      },
    )
    .map(list => Uint8Array.from(list)),
);
const codeOf = (bucket: string, key: string) => checkName(bucket, key)?.code ?? null;

/** The bytes of a canonical token, found without the code under test. */
const bytesOf = (token: string) => {
  const found: number[] = [];
  const raw = Buffer.from(token);
  for (let at = 0; at < raw.length; at++) {
    if (raw[at] === 0x25) {
      found.push(Number.parseInt(raw.toString('latin1', at + 1, at + 3), 16));
      at += 2;
    } else {
      found.push(raw[at] ?? -1);
    }
  }
  return found;
};

test('keys: the same bytes are never two keys, other bytes never the same', t => {
  fc.assert(
    fc.property(bytes, token => {
      const encoded = encodeKey([token]);
      t.deepEqual(bytesOf(encoded), [...token]);
      t.is(codeOf('b', encoded), null);
      t.false(encoded.includes('\uFFFD'));
      // Every other way to percent-encode one more byte is refused.
      const raw = Buffer.from(encoded);
      const at = raw.findIndex(byte => byte !== 0x25 && !encoded.includes('%'));
      if (at >= 0) {
        const hex = `%${raw.toString('hex', at, at + 1).toUpperCase()}`;
        const other = Buffer.concat([
          raw.subarray(0, at),
          Buffer.from(hex),
          raw.subarray(at + 1),
        ]).toString();
        t.is(codeOf('b', other), 400);
      }
    }),
  );
});

test('keys: what is decoded is what was encoded, for every text that UTF-8 can carry', t => {
  fc.assert(
    fc.property(text, key => {
      const encoded = encodeKey(key);
      t.is(decodeKey(encoded), key);
      t.is(codeOf('b', encoded), null);
    }),
  );
});

test('keys: only a canonical name passes', t => {
  fc.assert(
    fc.property(
      fc.oneof(text, fc.string({unit: fc.constantFrom('%', '4', '1', '2', 'E', 'e', '.', 'a')})),
      key => {
        if (checkName('b', key) === null) {
          const tokens = key.split('.').map(token => Uint8Array.from(bytesOf(token)));
          t.is(encodeKey(tokens), key);
        } else {
          t.pass();
        }
      },
    ),
  );
});

for (const [given, spelled] of [
  ['alice', 'alice'],
  ['a.b.c', 'a.b.c'],
  ['.', '%2E'],
  ['..', '%2E%2E'],
  ['...', '%2E.%2E'],
  ['a.', 'a%2E'],
  ['.a', '%2Ea'],
  ['a..b', 'a.%2Eb'],
  ['a..', 'a.%2E'],
  ['St. John', 'St.%20John'],
  ['100%', '100%25'],
  ['São Tomé', 'São%20Tomé'],
  ['\uFFFD', '%EF%BF%BD'],
  ['\uFEFFbom', '\uFEFFbom'],
] as const) {
  test(`keys: ${JSON.stringify(given)} is spelled ${spelled}`, t => {
    t.is(encodeKey(given), spelled);
  });
}

test('keys: an array gives exact tokens, as text or bytes', t => {
  t.is(encodeKey(['a.b', 'c']), 'a%2Eb.c');
  t.is(encodeKey([Uint8Array.of(0xff, 0x41), 'é']), '%FFA.é');
  t.is(decodeKey('%FFA.é'), '\uFFFDA.é');
});

for (const [what, bytesGiven, spelled] of [
  ['a surrogate', [0xed, 0xa0, 0x80], '%ED%A0%80'],
  ['an overlong form', [0xc0, 0xaf], '%C0%AF'],
  ['an overlong form of three bytes', [0xe0, 0x9f, 0xbf], '%E0%9F%BF'],
  ['a character beyond Unicode', [0xf4, 0x90, 0x80, 0x80], '%F4%90%80%80'],
  ['a truncated character', [0xe2, 0x82], '%E2%82'],
  ['the last character before surrogates', [0xed, 0x9f, 0xbf], '\uD7FF'],
  ['the last character of Unicode', [0xf4, 0x8f, 0xbf, 0xbf], '\u{10FFFF}'],
] as const) {
  test(`keys: the bytes of ${what} are spelled ${spelled}`, t => {
    t.is(encodeKey([Uint8Array.from(bytesGiven)]), spelled);
    t.is(codeOf('b', spelled), null);
  });
}

test('keys: what has no spelling is refused with the reason', t => {
  const refused = (key: string | string[]) =>
    t.throws(() => encodeKey(key), {instanceOf: KeyError});
  t.is(refused('').code, 400);
  t.is(refused([]).code, 400);
  t.is(refused(['a', '']).code, 400);
  t.regex(refused('a\uD800').message, /surrogate/);
  t.is(refused('x'.repeat(KEY_BYTES_MAX + 1)).code, 413);
  t.is(refused(' '.repeat(342)).code, 413);
});

test('keys: 1,024 bytes as encoded pass, one more does not', t => {
  t.is(encodeKey('x'.repeat(1024)).length, 1024);
  t.is(codeOf('b', 'x'.repeat(1024)), null);
  t.is(codeOf('b', 'é'.repeat(512)), null);
  t.is(codeOf('b', 'x'.repeat(1025)), 413);
  t.is(codeOf('b', 'é'.repeat(513)), 413);
});

for (const [what, bucket, key] of [
  ['an empty bucket', '', 'k'],
  ['a bucket with a space', 'a b', 'k'],
  ['a bucket of 65 characters', 'b'.repeat(65), 'k'],
  ['an empty key', 'b', ''],
  ['a leading dot', 'b', '.a'],
  ['a trailing dot', 'b', 'a.'],
  ['a doubled dot', 'b', 'a..b'],
  ['a wildcard', 'b', 'a.*'],
  ['a control character', 'b', 'a\nb'],
  ['lowercase hex', 'b', 'a%2e'],
  ['an escape that was not needed', 'b', '%41'],
  ['a percent sign alone', 'b', '100%'],
  ['a percent sign without hex', 'b', '%zz'],
  ['escaped UTF-8', 'b', '%C3%A9'],
  ['U+FFFD', 'b', '\uFFFD'],
  ['half a surrogate pair', 'b', '\uD800'],
] as const) {
  test(`names: ${what} is refused`, t => {
    t.is(codeOf(bucket, key), 400);
  });
}

test('names: the refusal offers the canonical spelling', t => {
  t.true(checkName('b', '%c3%a9%2e')?.text.includes('"é%2E"'));
});

test('names: a refusal is short and holds no line break, whatever arrived', t => {
  fc.assert(
    fc.property(
      fc.string({unit: 'binary', maxLength: 3000}),
      fc.string({unit: 'binary'}),
      (key, bucket) => {
        const refusal = checkName(bucket, key);
        if (refusal !== null) {
          t.notRegex(refusal.text, /[\r\n]/);
          t.true(refusal.text.length < 3000);
        }
      },
    ),
  );
  t.pass();
});

test('names: split into what they were made of', t => {
  t.deepEqual(splitName(nameOf('users', 'a.b')), {bucket: 'users', key: 'a.b'});
});
