/**
 * Second names for the logs of a database, made before the engine opens it.
 *
 * The engine replays its logs up to the first bad byte and deletes them. Where a salvage follows,
 * what came after that byte would be gone: of all that lies on the disk, the newest.
 */
import fs from 'node:fs';
import path from 'node:path';

/** Where they lie, beside the database of this folder. */
export function keptLogs(folder: string): string {
  return path.join(folder, 'logs');
}

/** A log that has its second name already keeps it: an earlier open was cut short. */
export function keepLogs(folder: string, database: string): void {
  const kept = keptLogs(folder);
  fs.mkdirSync(kept, {recursive: true});
  for (const name of fs.readdirSync(database).filter(each => each.endsWith('.log'))) {
    try {
      fs.linkSync(path.join(database, name), path.join(kept, name));
    } catch {
      // It is there, or this file system has no second names: less is salvaged then.
    }
  }
}

/** The engine has replayed them all, and nothing was missing. */
export function dropLogs(folder: string): void {
  fs.rmSync(keptLogs(folder), {recursive: true, force: true});
}
