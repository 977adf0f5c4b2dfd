/** What the figures were measured on. */
import {readFileSync} from 'node:fs';
import {cpus, release, totalmem, type} from 'node:os';
import {resolve} from 'node:path';

export type Machine = {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGib: number;
  readonly system: string;
  readonly node: string;
  readonly data: {readonly folder: string; readonly fileSystem: string};
};

export function machineOf(folder: string): Machine {
  const all = cpus();
  return {
    cpu: all[0]?.model ?? 'unknown',
    cores: all.length,
    memoryGib: Math.round(totalmem() / 1024 ** 3),
    system: `${type()} ${release()}`,
    node: process.version,
    data: {folder, fileSystem: fileSystemOf(folder)},
  };
}

/** The type of what is mounted nearest above the folder; '' where the system does not tell. */
function fileSystemOf(folder: string): string {
  let mounts: string;
  try {
    mounts = readFileSync('/proc/mounts', 'utf8');
  } catch {
    return '';
  }

  const path = `${resolve(folder)}/`;
  const above = mounts
    .split('\n')
    .map(line => line.split(' '))
    .filter(([, place]) => place !== undefined && path.startsWith(place.replace(/\/?$/, '/')))
    .toSorted(([, a = ''], [, b = '']) => b.length - a.length);
  return above[0]?.[2] ?? '';
}
