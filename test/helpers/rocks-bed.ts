/**
 * Real stores in temporary folders, with processes that die for them and damage done to their
 * files.
 */
import {execFile, spawn} from 'node:child_process';
import type {ChildProcessWithoutNullStreams} from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import type {ExecutionContext} from 'ava';
import {RocksStorage} from '../../src/adapters/rocks-storage.js';
import type {Commit, StorageBed} from '../contracts/storage-contract.js';

const DYING = fileURLToPath(new URL('commit-and-die.js', import.meta.url));

export function temporaryFolder(t: ExecutionContext): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'quorate-storage-'));
  t.teardown(() => fs.rmSync(folder, {recursive: true, force: true}));
  return folder;
}

export function rocksBed(t: ExecutionContext, folder = temporaryFolder(t)): StorageBed {
  return {
    storage: () => new RocksStorage(folder, {writeBufferBytes: 64 * 1024}),
    settle: work => work,
    crashAfter: commits => crashAfter(folder, commits),
    loseSyncedTail: async () => {
      for (const log of filesOf(folder, '.log')) {
        fs.truncateSync(log, Math.floor(fs.statSync(log).size / 2));
      }
    },
    damage: async () => {
      for (const table of filesOf(folder, '.sst')) {
        flipBits(table, [100, 500, 2000]);
      }
    },
    damageSome: async () => {
      for (const table of filesOf(folder, '.sst')) {
        const {size} = fs.statSync(table);
        flipBits(table, [Math.floor(size / 3), Math.floor(size / 2)]);
      }
    },
    copy: async () => {
      const copy = temporaryFolder(t);
      fs.cpSync(folder, copy, {recursive: true, preserveTimestamps: true});
      return rocksBed(t, copy);
    },
  };
}

/** Database files with this ending, oldest first. */
export function filesOf(folder: string, ending: string): string[] {
  const database = path.join(folder, 'db');
  return fs
    .readdirSync(database)
    .filter(name => name.endsWith(ending))
    .toSorted()
    .map(name => path.join(database, name));
}

/** Positions past the end of the file are left out. */
export function flipBits(file: string, positions: readonly number[]): void {
  const bytes = fs.readFileSync(file);
  for (const position of positions) {
    bytes[position] = (bytes[position] ?? 0) ^ 0x10;
  }
  fs.writeFileSync(file, bytes);
}

/**
 * Commits `last = 1, 2, ...` with values of that size until it is killed. Prints each number that
 * was synced.
 */
export function startCommitLoop(
  folder: string,
  valueBytes: number,
  syncEvery = 1,
): ChildProcessWithoutNullStreams {
  const args = [folder, 'loop', String(valueBytes), String(syncEvery)];
  return spawn(process.execPath, [DYING, ...args]);
}

/**
 * Lets the loop run until that many commits were reported, then strikes and kills it. Tells the
 * last commit that was reported, before the strike where there is one: ext4 may say that a sync
 * which waits for a transaction has succeeded when that is aborted meanwhile, as no disk would.
 */
export async function killAfterCommits(
  loop: ChildProcessWithoutNullStreams,
  count: number,
  strike: (() => void) | null = null,
): Promise<number> {
  let printed = '';
  let errors = '';
  let struck = false;
  let before = 0;
  const exited = new Promise<void>(resolve => loop.once('close', () => resolve()));
  loop.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  loop.stdout.on('data', (chunk: Buffer) => {
    printed += chunk.toString();
    if (!struck && lastNumber(printed) >= count) {
      struck = true;
      before = lastNumber(printed);
      strike?.();
      loop.kill('SIGKILL');
    }
  });
  await exited;
  if (!struck) {
    throw new Error(`the loop ended after ${lastNumber(printed)} commits: ${errors}`);
  }
  return strike === null ? lastNumber(printed) : before;
}

/**
 * Lets the loop run on for many times the distance at which the commit mark follows, then kills it.
 * Tells a commit that was reported before: that one and all before it are marked.
 */
export async function killAfterMarked(
  loop: ChildProcessWithoutNullStreams,
  count: number,
): Promise<number> {
  let killed: NodeJS.Timeout | null = null;
  let printed = '';
  let marked = 0;
  const exited = new Promise<void>(resolve => loop.once('close', () => resolve()));
  loop.stdout.on('data', (chunk: Buffer) => {
    printed += chunk.toString();
    if (killed === null && lastNumber(printed) >= count) {
      marked = lastNumber(printed);
      killed = setTimeout(() => loop.kill('SIGKILL'), 200);
    }
  });
  await exited;
  return marked;
}

/** A line that was cut by the kill does not count. */
function lastNumber(printed: string): number {
  return Number(printed.split('\n').at(-2) ?? 0);
}

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');

function crashAfter(folder: string, commits: readonly Commit[]): Promise<void> {
  const wire = commits.map(({operations, sync}) => ({
    operations: operations.map(({key, value}) => [
      base64(key),
      value === null ? null : base64(value),
    ]),
    sync,
  }));
  return new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      [DYING, folder, 'once', JSON.stringify(wire)],
      (error, _, stderr) => {
        if (error?.signal === 'SIGKILL') {
          resolve();
        } else {
          reject(new Error(`the process did not die by its own hand: ${stderr}`));
        }
      },
    );
  });
}
