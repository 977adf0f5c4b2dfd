/**
 * The folder of one store: what lies where, and whether a database was ever there.
 *
 * The commit mark is created before the database. A database without a mark is therefore always a
 * damaged one, never one whose creation was cut short.
 */
import fs from 'node:fs';
import path from 'node:path';
import {StorageFailure} from '../../ports/storage.js';
import {createMark, readMark} from './commit-mark.js';
import {Database} from './database.js';
import {failureOf, systemCodeOf} from './failure.js';
import {syncFolder} from './log-sync.js';

export type StorageFiles = {
  readonly database: string;
  readonly mark: string;
  /** Nothing was there. The mark exists by now, the database does not. */
  readonly fresh: boolean;
};

/**
 * Rejects with CORRUPT when a database was here and is gone, LOCKED when another process creates
 * one now.
 */
export async function prepareFiles(folder: string): Promise<StorageFiles> {
  const database = path.join(folder, 'db');
  const mark = path.join(folder, 'commits');
  if (fs.existsSync(path.join(database, 'CURRENT'))) {
    return {database, mark, fresh: false};
  }

  const found = readMark(mark);
  const unused = found === 'missing' || found === 'short' || found === 0;
  if (!unused || holdsData(database)) {
    throw new StorageFailure(
      'CORRUPT',
      `${database}: the database is gone or lacks its CURRENT file`,
    );
  }

  await createFolder(folder);
  try {
    createMark(mark, found);
  } catch (cause) {
    throw systemCodeOf(cause) === 'EEXIST'
      ? new StorageFailure('LOCKED', `${folder}: another process is creating a store here`, {cause})
      : failureOf(cause);
  }
  await createFolder(database);
  return {database, mark, fresh: true};
}

/**
 * Rejects with LOCKED when another process has this database open. Nothing is opened for it: the
 * engine is shown the same lock under another name, with no database beside it.
 */
export async function assertUnlocked(database: string, folder: string): Promise<void> {
  const lock = path.join(database, 'LOCK');
  const probe = path.join(folder, 'lock-probe');
  if (!fs.existsSync(lock)) {
    return;
  }

  fs.rmSync(probe, {recursive: true, force: true});
  fs.mkdirSync(probe);
  try {
    fs.linkSync(lock, path.join(probe, 'LOCK'));
    const found = await Database.open(probe, {create: false, writeBufferBytes: 65_536});
    await found.close();
  } catch (cause) {
    const failure = failureOf(cause);
    if (failure.code === 'LOCKED' || failure.code === 'CANNOT_LOAD') {
      throw failure;
    }
  } finally {
    fs.rmSync(probe, {recursive: true, force: true});
  }
}

function holdsData(database: string): boolean {
  return (
    fs.existsSync(database) && fs.readdirSync(database).some(name => /\.(sst|log)$/.test(name))
  );
}

/**
 * Creates a folder with all that lead to it. Syncs the names also of a folder that exists: the
 * process that made it may have ended before it could.
 */
async function createFolder(folder: string): Promise<void> {
  const parent = path.dirname(path.resolve(folder));
  if (!fs.existsSync(parent)) {
    await createFolder(parent);
  }
  if (!fs.existsSync(folder)) {
    fs.mkdirSync(folder);
  }
  await syncFolder(parent);
}
