/**
 * Makes commits durable: the binding cannot sync its write-ahead log, so this syncs the log's files
 * through descriptors of its own.
 *
 * Which log did a batch go to? The engine writes each batch whole to one log and starts a new log
 * only before a batch, never within. It writes through at once, with the file's size growing by the
 * batch's encoded size, which is more than its keys and values (preallocation does not show in the
 * size: it keeps it). Nobody else writes. Hence: if the log that is open here grew by at least the
 * payload, the batch is in it; if it did not, the engine has gone on to another log, and asking for
 * that one costs 75 us.
 *
 * Invariants:
 *   1. After `sync`, every batch noted before is durable: in a synced log, or in a table that the
 *      engine synced before it deleted the log.
 *   2. A new log is synced together with the folder that names it.
 */
import fs from 'node:fs';
import path from 'node:path';
import {promisify} from 'node:util';
import type {Database} from './database.js';
import {systemCodeOf} from './failure.js';

const fdatasync = promisify(fs.fdatasync);

type OpenLog = {readonly fd: number; sizeBytes: number};

export class LogSync {
  syncs = 0;
  rotations = 0;
  readonly #database: Database;
  readonly #folder: string;
  /** The log that holds the last batch; null when that has to be found out. */
  #log: OpenLog | null = null;
  /** Logs with a lower number hold nothing unsynced. */
  #oldestUnsynced = 0;

  constructor(database: Database, folder: string) {
    this.#database = database;
    this.#folder = folder;
  }

  /**
   * Must be told of every batch, also of one that is not synced: the size is compared with the last
   * one.
   */
  wrote(payloadBytes: number): void {
    if (this.#log === null) {
      return;
    }

    const sizeBytes = fs.fstatSync(this.#log.fd).size;
    if (sizeBytes - this.#log.sizeBytes >= payloadBytes) {
      this.#log.sizeBytes = sizeBytes;
    } else {
      this.forget();
    }
  }

  /** After a batch that failed nothing is known about where the log ends, nor which it is. */
  forget(): void {
    if (this.#log !== null) {
      fs.closeSync(this.#log.fd);
      this.#log = null;
    }
  }

  /** Not to be called again before it ended, nor while a batch is being written. */
  async sync(): Promise<void> {
    this.syncs++;
    if (this.#log === null) {
      this.#log = await this.#findLog();
    } else {
      await fdatasync(this.#log.fd);
    }
  }

  async #findLog(): Promise<OpenLog> {
    const current = await this.#database.currentLog();
    for (const name of fs.readdirSync(this.#folder)) {
      const number = name.endsWith('.log') ? Number.parseInt(name, 10) : -1;
      if (number >= this.#oldestUnsynced && number < current.number) {
        await this.#syncOldLog(path.join(this.#folder, name));
      }
    }

    const fd = fs.openSync(path.join(this.#folder, current.path), 'r+');
    try {
      const sizeBytes = fs.fstatSync(fd).size;
      await fdatasync(fd);
      await syncFolder(this.#folder);
      this.#oldestUnsynced = current.number;
      this.rotations++;
      return {fd, sizeBytes};
    } catch (cause) {
      fs.closeSync(fd);
      throw cause;
    }
  }

  /**
   * A log that is gone was deleted by the engine, which does so once the log's batches are in
   * synced tables.
   */
  async #syncOldLog(file: string): Promise<void> {
    let fd: number;
    try {
      fd = fs.openSync(file, 'r+');
    } catch (cause) {
      if (systemCodeOf(cause) === 'ENOENT') {
        return;
      }
      throw cause;
    }

    try {
      await fdatasync(fd);
    } finally {
      fs.closeSync(fd);
    }
  }
}

/** Makes the names in a folder durable. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await fs.promises.open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
