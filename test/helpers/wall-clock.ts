/**
 * The wall clock of one process, set by the test: libfaketime between the process and the system.
 * Only the time of day jumps; monotonic time goes on as it is, as on a machine whose clock is set.
 */
import {existsSync, readdirSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';

const FOLDERS = ['/usr/lib', '/usr/lib64', '/usr/local/lib'];

/** Why no clock can be set here; null when one can. For the title of a skipped test. */
export function noWallClockReason(): string | null {
  return library() === null ? 'needs libfaketime' : null;
}

export class WallClock {
  readonly #file: string;

  /** The folder is for the file that holds the time. */
  constructor(folder: string, name: string) {
    this.#file = join(folder, `${name}.clock`);
    this.jumpTo(0);
  }

  /** For a process that is to live by this clock. */
  get env(): Readonly<Record<string, string>> {
    return {
      LD_PRELOAD: library() ?? '',
      FAKETIME_TIMESTAMP_FILE: this.#file,
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      // Times of files stay what they are: a store knows its own by them.
      NO_FAKE_STAT: '1',
      FAKETIME_NO_CACHE: '1',
    };
  }

  /** So far ahead of the true time, or behind it if negative. Seen at once. */
  jumpTo(aheadSeconds: number): void {
    writeFileSync(this.#file, `${aheadSeconds >= 0 ? '+' : ''}${aheadSeconds}\n`);
  }
}

let known: string | null | undefined;

/** With a folder of its own, as distributions have it. The one for many threads is preferred. */
function library(): string | null {
  known ??= find();
  return known;
}

function find(): string | null {
  const architectures = FOLDERS.filter(existsSync).flatMap(folder => [
    folder,
    ...readdirSync(folder)
      .filter(name => name.includes('-linux-'))
      .map(name => join(folder, name)),
  ]);
  const files = ['libfaketimeMT.so.1', 'libfaketime.so.1'].flatMap(name =>
    architectures.map(folder => join(folder, 'faketime', name)),
  );
  return files.find(existsSync) ?? null;
}
