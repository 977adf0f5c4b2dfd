/** All that lies in the folder of a damaged store, as one stream of records. */
import fs from 'node:fs';
import path from 'node:path';
import {keptLogs} from '../kept-logs.js';
import {logVersions} from './log.js';
import {tableVersions} from './table.js';
import {merge, newest, type Judge, type Version} from './version.js';

/** Ascending by key, each key once. */
export function recordsIn(folder: string, judged: Judge) {
  const database = path.join(folder, 'db');
  const logs = new Map([...filesIn(keptLogs(folder), '.log'), ...filesIn(database, '.log')]);
  const tables = filesIn(database, '.sst');
  const sources: Array<Iterator<Version>> = [
    ...[...logs].map(([file, at]) => logVersions(at, file, judged).values()),
    ...tables.map(([file, at]) => tableVersions(at, file, judged)),
  ];
  return newest(merge(sources));
}

/** Files of the engine are named by numbers. */
function filesIn(folder: string, ending: string): Array<[number: number, file: string]> {
  return fs.existsSync(folder)
    ? fs
        .readdirSync(folder)
        .filter(name => name.endsWith(ending) && /^\d+\./.test(name))
        .map(name => [Number.parseInt(name, 10), path.join(folder, name)])
    : [];
}
