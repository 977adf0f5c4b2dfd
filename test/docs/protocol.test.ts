/** The protocol's document against the code: what a client can meet is written down. */
import {readdirSync, readFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import test from 'ava';
import {HEADER} from '../../src/edge/plain-requests.js';
import {
  CONTEXT_NONE,
  MESSAGE_ID_CHARACTERS_MAX,
  TIMEOUT_MS_DEFAULT,
  TIMEOUT_MS_MAX,
} from '../../src/edge/request-options.js';
import {Code} from '../../src/errors.js';
import {encodeKey, KEY_BYTES_MAX} from '../../src/keys.js';
import {CONTEXT_CHARACTERS_MAX} from '../../src/causality/context.js';
import {OBJECT_BYTES_MAX} from '../../src/limits.js';
import {partitionOf} from '../../src/ring/partition.js';
import {DEFAULT_REPLY_PREFIXES, LANES, VERBS} from '../../src/subjects.js';
import {DEFAULT_POLICY, SIBLINGS_MAX, VALUE_BYTES_MAX} from '../../src/topology/policy.js';
import {OPS_MAX} from '../../src/wire/client-frames.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const text = readFileSync(`${root}docs/protocol.md`, 'utf8');
const figure = (value: number) => value.toLocaleString('en-US');

for (const header of Object.values(HEADER)) {
  test(`protocol: header ${header} is described`, t => {
    t.true(text.includes(`| \`${header}\` |`));
  });
}

for (const code of Object.values(Code)) {
  test(`protocol: code ${code} is described`, t => {
    t.regex(text, new RegExp(`^\\| ${code} \\| .{20,} \\| .+ \\|$`, 'm'));
  });
}

test('protocol: verbs, lanes, reply prefixes and limits are those of the code', t => {
  for (const said of [
    ...VERBS.map(verb => `\`quorate.${verb}.<bucket>.<key...>\``),
    ...LANES.map(lane => `.${lane}\``),
    ...DEFAULT_REPLY_PREFIXES.map(prefix => `\`${prefix}\``),
    `| key, as spelled | ${figure(KEY_BYTES_MAX)} bytes |`,
    `by default ${figure(DEFAULT_POLICY.maxValueBytes)}; at most ${figure(VALUE_BYTES_MAX)} |`,
    `by default ${DEFAULT_POLICY.maxSiblings}; at most ${figure(SIBLINGS_MAX)} |`,
    `${figure(OBJECT_BYTES_MAX)} bytes |`,
    `| context | ${figure(CONTEXT_CHARACTERS_MAX)} characters |`,
    `| ${MESSAGE_ID_CHARACTERS_MAX} characters,`,
    `| operations in a client frame | ${figure(OPS_MAX)} |`,
    `1 to ${TIMEOUT_MS_MAX}: what the host may take | ${TIMEOUT_MS_DEFAULT} |`,
    `or \`${CONTEXT_NONE}\` |`,
  ]) {
    t.true(text.includes(said), said);
  }
});

test('protocol: every counter that the code adds to is described', t => {
  const files = ['src', 'actors'].flatMap(folder =>
    readdirSync(`${root}${folder}`, {recursive: true, encoding: 'utf8'})
      .filter(file => file.endsWith('.ts'))
      .map(file => readFileSync(`${root}${folder}/${file}`, 'utf8')),
  );
  const added = files.flatMap(source =>
    [...source.matchAll(/counters\.add\('([a-z_]+)'/g)].map(([, name]) => name),
  );
  t.true(added.length > 5);
  for (const name of added) {
    t.true(text.includes(`\`${name}\``), name);
  }
});

test('protocol: every subject that the code lists is described', t => {
  const source = readFileSync(`${root}src/subjects.ts`, 'utf8');
  const listed = [...source.matchAll(/^ \* {3}<root>\.(\S+)/gm)].map(([, subject = '']) => subject);
  t.true(listed.length >= 8);
  for (const subject of listed) {
    const [start = ''] = subject
      .replace('<p>', '<partition>')
      .replace('get|put|del', subject.startsWith('get') ? 'get' : '<verb>')
      .split('|');
    t.true(text.includes(`quorate.${start}`), start);
  }
});

test('protocol: the examples of spelling and partition are right', t => {
  for (const [meant, written] of [
    ['alice', 'alice'],
    ['2024.06.01', '2024.06.01'],
    [['2024.06.01'], '2024%2E06%2E01'],
    ['a b', 'a%20b'],
    ['50%', '50%25'],
    ['São Paulo', 'São%20Paulo'],
    ['日本', '日本'],
    ['*', '%2A'],
    [[Buffer.from([0xff, 0x41])], '%FFA'],
  ] as const) {
    t.is(encodeKey(meant), written);
    t.true(text.includes(`| \`${written}\` |`), written);
  }

  t.true(text.includes(`\`users.alice\` is in ${partitionOf('users.alice', 67)}`));
  t.true(text.includes(`\`users.bob\` in ${partitionOf('users.bob', 67)}`));
});
