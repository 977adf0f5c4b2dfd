/**
 * Salvages a store: sets the damaged one aside, copies what can be read of it into a new one, and
 * puts that in its place.
 *
 *   <folder>/damaged      the damage mark: names the folder that follows
 *   <folder>/damaged-1    the damaged store: db, commits, logs, and a word to who finds it
 *   <folder>/salvage      the new store while it is written
 *
 * Invariants:
 *   1. While the mark is there, a salvage begins anew from what is set aside, however far an
 *      earlier one got: a crash at any step costs its work and nothing else.
 *   2. The mark goes when the new store is durable in its place and open, before anyone uses it.
 *   3. Only the damaged store of the last salvage is kept; older ones go when it has ended.
 *   4. No file of a database that a process has open is touched.
 */
import fs from 'node:fs';
import path from 'node:path';
import type {OpenReport, Salvager, WriteOperation} from '../../../ports/storage.js';
import {asideFolders, clearDamage, markDamage} from '../damage-mark.js';
import {assertUnlocked} from '../files.js';
import {keptLogs} from '../kept-logs.js';
import {syncFolder} from '../log-sync.js';
import {Store} from '../store.js';
import {recordsIn} from './sources.js';

const BATCH_BYTES = 1024 * 1024;
const BATCH_OPERATIONS = 1_000;

/** What was copied. */
type Copied = {records: number; bytes: number; damagedPlaces: number};

/** Nobody in this process has the store open. */
export async function salvageStore(
  folder: string,
  why: string,
  salvager: Salvager,
  writeBufferBytes: number,
): Promise<{store: Store; report: OpenReport}> {
  const damage = await markDamage(folder, why);
  const aside = path.join(folder, damage.aside);
  const fresh = path.join(folder, 'salvage');
  await setAside(folder, aside, damage.why);
  await assertUnlocked(path.join(fresh, 'db'), folder);
  for (const begun of [fresh, path.join(folder, 'db'), path.join(folder, 'commits')]) {
    fs.rmSync(begun, {recursive: true, force: true});
  }

  const copied = await copy(aside, fresh, salvager, writeBufferBytes);
  await install(fresh, folder);
  const {store, report} = await Store.open(folder, writeBufferBytes);
  await clearDamage(folder);
  for (const older of asideFolders(folder).filter(name => name !== damage.aside)) {
    fs.rmSync(path.join(folder, older), {recursive: true, force: true});
  }

  const salvaged = {why: damage.why, ...copied, keptAt: aside};
  return {store, report: {...report, fresh: false, clean: false, salvaged}};
}

/** The database moves last: once it is there, all of it is. */
async function setAside(folder: string, aside: string, why: string): Promise<void> {
  const database = path.join(folder, 'db');
  if (fs.existsSync(path.join(aside, 'db'))) {
    return;
  }

  await assertUnlocked(database, folder);
  fs.mkdirSync(aside, {recursive: true});
  fs.writeFileSync(path.join(aside, 'README.txt'), noteOf(why));
  for (const part of [path.join(folder, 'commits'), keptLogs(folder)]) {
    if (fs.existsSync(part)) {
      fs.renameSync(part, path.join(aside, path.basename(part)));
    }
  }

  // Durable in this order: a database that is set aside must never be found without its logs.
  await syncFolder(aside);
  if (fs.existsSync(database)) {
    fs.renameSync(database, path.join(aside, 'db'));
  } else {
    fs.mkdirSync(path.join(aside, 'db'));
  }
  await syncFolder(aside);
  await syncFolder(folder);
}

async function copy(
  from: string,
  fresh: string,
  salvager: Salvager,
  writeBufferBytes: number,
): Promise<Copied> {
  const copied: Copied = {records: 0, bytes: 0, damagedPlaces: 0};
  const onDamage = () => {
    copied.damagedPlaces += 1;
  };
  const {store} = await Store.open(fresh, writeBufferBytes);
  try {
    let batch: WriteOperation[] = [];
    let batchBytes = 0;
    const isWhole = (key: Uint8Array, value: Uint8Array) => salvager.isWhole(key, value);
    for (const entry of recordsIn(from, {isWhole, onDamage})) {
      if (salvager.keep(entry)) {
        batch.push(entry);
        batchBytes += entry.key.length + entry.value.length;
      }

      if (batchBytes >= BATCH_BYTES || batch.length >= BATCH_OPERATIONS) {
        await store.commit(batch, false);
        copied.records += batch.length;
        copied.bytes += batchBytes;
        salvager.progress(copied.records, copied.bytes);
        batch = [];
        batchBytes = 0;
      }
    }

    copied.records += batch.length;
    copied.bytes += batchBytes;
    await store.commit([...batch, ...salvager.finish()], true);
    await store.database.flush();
  } catch (cause) {
    await store.abandon();
    throw cause;
  }

  await store.close();
  return copied;
}

async function install(fresh: string, folder: string): Promise<void> {
  for (const part of ['commits', 'db']) {
    fs.renameSync(path.join(fresh, part), path.join(folder, part));
  }

  fs.rmSync(fresh, {recursive: true});
  await syncFolder(folder);
}

function noteOf(why: string): string {
  return `This is the store of a Quorate host that was found damaged:

  ${why}

What could be read of it was copied into a new store on ${new Date().toISOString()} or later, and
the host goes on with that. It gets the rest from the other owners. Nothing needs this folder any
more: delete it when you like. The host itself deletes it when it has salvaged another store.
`;
}
