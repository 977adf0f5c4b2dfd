/**
 * The damage mark: a small file beside the database which says that it is damaged, why, and the
 * name of the folder that it is set aside to.
 *
 * Invariant: from the moment that the mark is durable until it is gone, the database that was there
 * then is the only source of truth, in its place or set aside, and whatever lies in its place
 * besides is the beginning of a salvage.
 */
import fs from 'node:fs';
import path from 'node:path';
import {systemCodeOf} from './failure.js';
import {syncFolder} from './log-sync.js';

export type Damage = {
  readonly why: string;
  /** A folder's name. */
  readonly aside: string;
};

const ASIDE = /^damaged-(\d+)$/;

export function readDamage(folder: string): Damage | null {
  let text: string;
  try {
    text = fs.readFileSync(markOf(folder), 'utf8');
  } catch (cause) {
    if (systemCodeOf(cause) === 'ENOENT') {
      return null;
    }
    throw cause;
  }

  return parse(text) ?? guess(folder);
}

/** There when it returns, durable when it ends. A mark that is there already stays as it is. */
export async function markDamage(folder: string, why: string): Promise<Damage> {
  const found = readDamage(folder);
  if (found !== null) {
    return found;
  }

  const last = asideFolders(folder).at(-1);
  const damage = {why, aside: `damaged-${last === undefined ? 1 : numberOf(last) + 1}`};
  const written = `${markOf(folder)}.new`;
  const fd = fs.openSync(written, 'w');
  try {
    fs.writeSync(fd, JSON.stringify(damage));
    fs.fsyncSync(fd);
  } finally {
    fs.closeSync(fd);
  }
  fs.renameSync(written, markOf(folder));
  await syncFolder(folder);
  return damage;
}

/** What was salvaged counts from here on. */
export async function clearDamage(folder: string): Promise<void> {
  fs.unlinkSync(markOf(folder));
  await syncFolder(folder);
}

/** Names of what was set aside, oldest first. */
export function asideFolders(folder: string): string[] {
  return fs
    .readdirSync(folder)
    .filter(name => ASIDE.test(name))
    .toSorted((a, b) => numberOf(a) - numberOf(b));
}

function parse(text: string): Damage | null {
  try {
    const {why, aside} = JSON.parse(text) as Partial<Record<string, unknown>>;
    return typeof why === 'string' && typeof aside === 'string' && ASIDE.test(aside)
      ? {why, aside}
      : null;
  } catch {
    return null;
  }
}

/** For a mark that is damaged itself: a salvage puts the new database in its place last. */
function guess(folder: string): Damage {
  const why = 'the mark of an earlier damage cannot be read';
  const last = asideFolders(folder).at(-1);
  const isAside = last !== undefined && !fs.existsSync(path.join(folder, 'db'));
  const number = last === undefined ? 1 : numberOf(last) + 1;
  return {why, aside: isAside ? last : `damaged-${number}`};
}

function numberOf(aside: string): number {
  return Number(ASIDE.exec(aside)?.[1] ?? 0);
}

function markOf(folder: string): string {
  return path.join(folder, 'damaged');
}
