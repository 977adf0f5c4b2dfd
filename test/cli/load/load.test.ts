import {writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import test from 'ava';
import {fc} from '@fast-check/ava';
import {Acknowledged} from '../../../src/cli/load/acknowledged.js';
import {Journal, NOTHING_LOADED} from '../../../src/cli/load/journal.js';
import {linesOf} from '../../../src/cli/load/lines.js';
import {Loader} from '../../../src/cli/load/loader.js';
import {parseRecord} from '../../../src/cli/load/record.js';
import type {Client} from '../../../src/client/client.js';
import {Overloaded} from '../../../src/client/errors.js';
import {Code} from '../../../src/errors.js';
import {temporaryFolder} from '../../temporary.js';

test('lines: are the same however the bytes arrive, each with the offset of its end', async t => {
  const anyLines = fc.array(fc.string({unit: 'grapheme'}).map(text => text.replaceAll('\n', '')));
  const check = async (texts: string[], cuts: number[]) => {
    const bytes = Buffer.from(texts.map(text => `${text}\n`).join(''));
    const places = cuts.map(cut => cut % (bytes.length + 1)).toSorted((a, b) => a - b);
    const chunks = [0, ...places].map((from, index) => bytes.subarray(from, places[index]));
    const found = await collect(linesOf(streamOf(chunks), 7));
    t.deepEqual(
      found.map(({text}) => text),
      texts,
    );
    t.is(found.at(-1)?.endOffset ?? 7, 7 + bytes.length);
  };
  await fc.assert(fc.asyncProperty(anyLines, fc.array(fc.nat(), {maxLength: 5}), check));
});

async function* streamOf(chunks: readonly Uint8Array[]) {
  yield* chunks;
}

test('acknowledged: the point never passes a line that has not ended', t => {
  const order = fc.shuffledSubarray([0, 1, 2, 3, 4, 5, 6, 7], {minLength: 0});
  fc.assert(
    fc.property(order, ended => {
      const done = new Acknowledged(NOTHING_LOADED);
      const slots = Array.from({length: 8}, (_, line) => done.open((line + 1) * 10));
      for (const line of ended) {
        const slot = slots[line];
        if (slot !== undefined) {
          done.end(slot, 'loaded');
        }
      }

      const whole = slots.findIndex((_, line) => !ended.includes(line));
      const lines = whole === -1 ? 8 : whole;
      t.deepEqual(done.progress, {offset: lines * 10, lines, loaded: lines, bad: 0});
    }),
  );
});

test('journal: is followed only for what it was written for', async t => {
  const file = join(temporaryFolder(t), 'journal');
  const identity = {cluster: 'c', bytes: 100, changedMs: 5, bucket: ''};
  const journal = new Journal(file, identity);
  t.is(await journal.read(), null);
  const progress = {offset: 50, lines: 5, loaded: 4, bad: 1};
  await journal.write(progress);
  t.deepEqual(await journal.read(), progress);
  for (const other of [{cluster: 'd'}, {bytes: 101}, {changedMs: 6}, {bucket: 'b'}]) {
    t.is(await new Journal(file, {...identity, ...other}).read(), 'other');
  }

  await writeFile(file, '{"half');
  t.is(await journal.read(), 'other');
  await journal.remove();
  t.is(await journal.read(), null);
});

test('records: what is wrong with a line is said in words', t => {
  const wrong: ReadonlyArray<readonly [line: string, why: RegExp]> = [
    ['{', /no JSON/],
    ['[1]', /no JSON object/],
    ['{"key":"a","value":1}', /no bucket/],
    ['{"bucket":"b","value":1}', /key/],
    ['{"bucket":"b","key":[1],"value":1}', /key/],
    ['{"bucket":"b","key":"a"}', /value/],
    ['{"bucket":"b","key":"a","value":{"base64":"*"}}', /base64/],
    ['{"bucket":"b","key":"a","value":{"base64":7}}', /base64/],
  ];
  for (const [line, why] of wrong) {
    t.regex(JSON.stringify(parseRecord(line, undefined)), why);
  }

  t.deepEqual(parseRecord('{"key":"a","value":null}', 'b'), {bucket: 'b', key: 'a', value: 'null'});
});

async function collect<Item>(groups: AsyncIterable<Item[]>): Promise<Item[]> {
  const all: Item[] = [];
  for await (const group of groups) {
    all.push(...group);
  }

  return all;
}

test('loader: hosts that shed slow a load down, and never end it', async t => {
  let asked = 0;
  const client = {
    newId: () => 'id',
    put: async () => {
      asked += 1;
      if (asked <= 2) {
        throw new Overloaded(Code.overloaded, 'as much as can be');
      }
    },
  } as unknown as Client;
  const options = {bucket: 'b', skipBad: false, inFlightMax: 1, patienceMs: 0, onBad: () => {}};
  const loader = new Loader(client, NOTHING_LOADED, options, new AbortController().signal);
  const text = Buffer.from('{"key": "k", "value": "v"}\n');
  await loader.run(linesOf(streamOf([text]), 0));
  t.is(loader.progress.loaded, 1);
  t.is(asked, 3);
});
