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
