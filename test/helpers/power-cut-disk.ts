/**
 * A disk that fills up, fails, and whose power can be cut: an ext4 file system in an image file. It
 * is shut down by ioctl without flushing its log: whatever was not synced is gone after the next
 * mount, and until then every access fails.
 */
import {execFileSync} from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** EXT4_IOC_SHUTDOWN with EXT4_GOING_FLAGS_NOLOGFLUSH. */
const SHUTDOWN = `
import fcntl, os, struct, sys
fcntl.ioctl(os.open(sys.argv[1], os.O_RDONLY), 0x8004587d, struct.pack('I', 2))
`;
const UNMOUNT_TRIES = 50;

/** Why there can be no such disk here; null when there can. For the title of a skipped test. */
export function noPowerCutReason(): string | null {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) {
    return 'needs root on Linux';
  }
  for (const [tool, argument] of [
    ['python3', '--version'],
    ['mkfs.ext4', '-V'],
  ] as const) {
    try {
      execFileSync(tool, [argument], {stdio: 'ignore'});
    } catch {
      return `needs ${tool}`;
    }
  }
  try {
    new PowerCutDisk(8).remove();
    return null;
  } catch {
    return 'cannot mount an image here';
  }
}

export class PowerCutDisk {
  /** The root folder of the disk. */
  readonly folder: string;
  readonly #base: string;
  readonly #image: string;

  constructor(sizeMegabytes: number) {
    this.#base = fs.mkdtempSync(path.join(os.tmpdir(), 'quorate-disk-'));
    this.#image = path.join(this.#base, 'image');
    this.folder = path.join(this.#base, 'disk');
    try {
      fs.mkdirSync(this.folder);
      fs.writeFileSync(this.#image, '');
      fs.truncateSync(this.#image, sizeMegabytes * 1024 * 1024);
      run('mkfs.ext4', '-q', this.#image);
      this.#mount();
    } catch (cause) {
      fs.rmSync(this.#base, {recursive: true, force: true});
      throw cause;
    }
  }

  /** From here on every access fails, until `restore`. */
  cut(): void {
    run('python3', '-c', SHUTDOWN, this.folder);
  }

  /** From here on reads go on and writes fail, as after an error of the file system. */
  turnReadOnly(): void {
    run('mount', '-o', 'remount,abort', this.folder);
  }

  /** Takes all the room that there is, until `makeRoom`. */
  fill(): void {
    const fd = fs.openSync(this.#filler, 'w');
    try {
      for (let chunk = Buffer.alloc(1024 * 1024); chunk.length > 0; ) {
        try {
          fs.writeSync(fd, chunk);
        } catch {
          chunk = chunk.subarray(0, Math.floor(chunk.length / 2));
        }
      }
    } finally {
      fs.closeSync(fd);
    }
  }

  makeRoom(): void {
    fs.rmSync(this.#filler, {force: true});
  }

  /** The power is back, and the disk takes writes. Whoever used it must have ended. */
  async restore(): Promise<void> {
    for (let tries = 1; ; tries++) {
      try {
        run('umount', this.folder);
        break;
      } catch (cause) {
        // A process that was killed lets go of its files a moment after its end was seen.
        if (tries === UNMOUNT_TRIES) {
          throw cause;
        }
        await new Promise(resolve => setTimeout(resolve, 100));
      }
    }
    this.#mount();
  }

  /** May be called in any state. */
  remove(): void {
    try {
      run('umount', '-l', this.folder);
    } catch {
      // It was not mounted.
    }
    fs.rmSync(this.#base, {recursive: true, force: true});
  }

  get #filler(): string {
    return path.join(this.folder, 'filler');
  }

  #mount(): void {
    run('mount', '-o', 'loop', this.#image, this.folder);
  }
}

function run(tool: string, ...args: string[]): void {
  execFileSync(tool, args, {stdio: 'pipe'});
}
