/** The testing document against the tests: each title that it cites is there. */
import {existsSync, readFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import test from 'ava';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const text = readFileSync(`${root}docs/testing.md`, 'utf8');
const CITED = /`([\w/.-]+\.ts)`: (.+?)(?=; `| \|$)/gm;
const LITERAL = /'((?:[^'\\\n]|\\.)*)'|"((?:[^"\\\n]|\\.)*)"|`((?:[^`\\]|\\.)*)`/g;
/** Shorter fixed text in a template would match nearly every title. */
const FIXED_MIN = 12;

test('testing: each title that the document cites is there, in the file that it names', t => {
  const cited = [...text.matchAll(CITED)].map(([, file = '', title = '']) => ({file, title}));
  t.true(cited.length > 80);
  const missing = cited.filter(({file, title}) => !titlesOf(file).some(known => known.test(title)));
  t.deepEqual(missing, []);
});

test('testing: every row of a failure names a test, or says that there is none', t => {
  const rows = text.slice(text.indexOf('## What must be shown')).split('\n');
  const silent = rows.filter(row => row.startsWith('| ') && !row.includes('.ts`: '));
  t.deepEqual(
    silent.filter(row => !row.includes('**missing**') && !/^\| (failure|situation|riak)/.test(row)),
    [],
  );
});

const known = new Map<string, RegExp[]>();

/** A template's title is one for whatever it fills in. */
function titlesOf(file: string): RegExp[] {
  const found = known.get(file) ?? readTitles(`${root}test/${file}`);
  known.set(file, found);
  return found;
}

function readTitles(path: string): RegExp[] {
  const source = existsSync(path) ? readFileSync(path, 'utf8') : '';
  return [...source.matchAll(LITERAL)]
    .map(([, single, double, template]) => single ?? double ?? template ?? '')
    .map(title => title.split(/\$\{[^}]*\}/))
    .filter(parts => parts.join('').length >= FIXED_MIN)
    .map(parts => new RegExp(`^${parts.map(escape).join('.+?')}$`));
}

function escape(part: string): string {
  return part.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}
