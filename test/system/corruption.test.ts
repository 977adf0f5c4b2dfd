/** A disk that rots under a running host, and under one that is down. */
import fs from 'node:fs';
import path from 'node:path';
import test from 'ava';
import type {NatsConnection} from '@nats-io/transport-node';
import {getOp, operate, putOp} from '../helpers/ask-host.js';
import type {HostProcess} from '../helpers/host-process.js';
import {startProcesses} from '../helpers/host-processes.js';
import {flipBits} from '../helpers/rocks-bed.js';
import {settled} from '../helpers/settled.js';
import {ExitCode} from '../../src/cli/exit-codes.js';

const KEYS = Array.from({length: 1_500}, (_, index) => `key${index}`);
const valueOf = (key: string) => `${key} `.repeat(200);
const bytesOf = (key: string) => Buffer.from(valueOf(key));
const QUORUM = {r: '2'};
const EACH_BYTES = 40_000;

test.serial(
  'corruption: noticed by a read, it ends the host, whose next start salvages',
  async t => {
    t.timeout(180_000);
    const cluster = await startProcesses(t);
    const connection = await cluster.connect();
    await settled(connection, cluster.ids);
    await fill(connection);
    const host = cluster.host('h2');
    // What was in its log is in tables after a start.
    await host.stop();
    await host.start();
    await host.stop();
    rot(host, '.sst');

    await host.start();
    t.deepEqual(wrongAmong(await readAll(connection)), []);
    t.is((await host.ended).code, ExitCode.storeCorrupt);
    t.true(fs.existsSync(path.join(host.spec.data, 'damaged')));

    await host.start();
    await settled(connection, cluster.ids);
    const [salvaged] = host.log.filter(({event}) => event === 'salvaged');
    t.true(Number(salvaged?.['damagedPlaces']) > 0);
    t.true(Number(salvaged?.['records']) > KEYS.length * 0.8);
    t.deepEqual(missingAmong(await readAll(connection)), []);
  },
);

test.serial('corruption: noticed by a start, it is salvaged before the host serves', async t => {
  t.timeout(180_000);
  const cluster = await startProcesses(t);
  const connection = await cluster.connect();
  await settled(connection, cluster.ids);
  await fill(connection);
  const host = cluster.host('h2');
  await host.stop();
  rot(host, '.log');
  await host.start();
  await settled(connection, cluster.ids);
  t.true(host.log.some(({event}) => event === 'salvaged'));
  t.deepEqual(missingAmong(await readAll(connection)), []);
});

async function fill(connection: NatsConnection): Promise<void> {
  const ops = KEYS.map((key, no) => putOp(no, 'b', key, valueOf(key), {w: 'all'}));
  const results = await operate(connection, 'h1', ops);
  const failed = results.filter(([, code]) => code !== 200);
  if (failed.length > 0) {
    throw new Error(`${failed.length} puts failed: ${JSON.stringify(failed[0])}`);
  }
}

/**
 * One bit in so many bytes of the latter half of each file with this ending: objects, which a start
 * does not read.
 */
function rot(host: HostProcess, ending: string): void {
  const folder = path.join(host.spec.data, 'db');
  for (const name of fs.readdirSync(folder).filter(each => each.endsWith(ending))) {
    const file = path.join(folder, name);
    const {size} = fs.statSync(file);
    const count = Math.floor(size / 2 / EACH_BYTES);
    const places = Array.from({length: count}, (_, at) => size - 20_000 - at * EACH_BYTES);
    flipBits(file, places);
  }
}

type Read = {readonly key: string; readonly code: number; readonly isRight: boolean};

/** Through the host whose disk rots; code 0 where it did not answer any more. */
async function readAll(connection: NatsConnection): Promise<Read[]> {
  const reads: Read[] = [];
  for (let at = 0; at < KEYS.length; at += 50) {
    const keys = KEYS.slice(at, at + 50);
    const ops = keys.map((key, no) => getOp(no, 'b', key, QUORUM));
    const results = await operate(connection, 'h2', ops, 3_000).catch(() => null);
    for (const [no, key] of keys.entries()) {
      const [, code, , values] = results?.[no] ?? [no, 0, '', []];
      const isRight = values.length === 1 && Buffer.from(values[0] ?? '').equals(bytesOf(key));
      reads.push({key, code, isRight});
    }

    if (results === null) {
      break;
    }
  }

  return reads;
}

/** A read error is never an absence, and what is damaged is never a value. */
const wrongAmong = (reads: readonly Read[]) =>
  reads.filter(({code, isRight}) => code === 404 || (code === 200 && !isRight));
const missingAmong = (reads: readonly Read[]) => reads.filter(({isRight}) => !isRight);
