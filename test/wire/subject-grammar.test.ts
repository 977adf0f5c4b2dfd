import test from 'ava';
import {
  isPattern,
  isQueueName,
  isSubject,
  matches,
  subjectBytesMax,
} from '../../src/wire/subject-grammar.js';

const legal = [
  'a',
  'a.b',
  'quorate.put.users.al%20ice',
  '_INBOX.x.1',
  '$SRV.PING',
  'a*.b>c',
  'é.日本',
  '😀',
];
const illegal = [
  '',
  '.',
  '.a',
  'a.',
  'a..b',
  'a b',
  'a\tb',
  'a\r\nPUB b 0',
  'a\u0000',
  'a\u007f',
  'a.\ud800',
];
const patterns = ['*', '>', 'a.*', '*.b', 'a.>', 'a.*.>'];

for (const text of legal) {
  test(`subjects: '${text}' is legal everywhere`, t => {
    t.true(isSubject(text));
    t.true(isPattern(text));
  });
}

for (const text of illegal) {
  test(`subjects: ${JSON.stringify(text)} never breaks the line protocol, it is refused`, t => {
    t.false(isSubject(text));
    t.false(isPattern(text));
    t.false(isQueueName(text));
  });
}

for (const text of patterns) {
  test(`subjects: '${text}' can be heard, not published to`, t => {
    t.true(isPattern(text));
    t.false(isSubject(text));
  });
}

test('subjects: > anywhere but last is no pattern', t => {
  t.false(isPattern('a.>.b'));
  t.false(isPattern('>.a'));
});

test('subjects: length is bounded in bytes, not characters', t => {
  t.true(isSubject('a'.repeat(subjectBytesMax)));
  t.false(isSubject('a'.repeat(subjectBytesMax + 1)));
  t.true(isSubject('é'.repeat(subjectBytesMax / 2)));
  t.false(isSubject('é'.repeat(subjectBytesMax / 2 + 1)));
});

const fits = (pattern: string, subject: string) => matches(pattern.split('.'), subject.split('.'));

test('patterns: match as a broker matches them', t => {
  t.true(fits('a.b', 'a.b'));
  t.false(fits('a.b', 'a.b.c'));
  t.false(fits('a.b.c', 'a.b'));
  t.true(fits('a.*', 'a.b'));
  t.false(fits('a.*', 'a'));
  t.false(fits('a.*', 'a.b.c'));
  t.true(fits('a.>', 'a.b'));
  t.true(fits('a.>', 'a.b.c'));
  t.false(fits('a.>', 'a'));
  t.true(fits('>', 'a'));
  t.true(fits('*.b.>', 'a.b.c.d'));
  t.false(fits('*.b.>', 'a.c.c.d'));
});
