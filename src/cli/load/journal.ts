/**
 * How far a file has been loaded, kept beside it, so that a load which was cut off goes on where it
 * was.
 *
 * Invariants:
 *   1. Every line before `offset` is acknowledged (or was skipped as bad).
 *   2. The file on disk is always whole: it is written beside and renamed.
 *   3. A journal of another file, of a changed one, or of another cluster is never followed.
 */
import {readFile, rename, rm, writeFile} from 'node:fs/promises';

const SCHEMA = 'quorate.load-journal.v1';

/** What must be the same for the offset to mean the same. */
export type LoadIdentity = {
  readonly cluster: string;
  readonly bytes: number;
  readonly changedMs: number;
  readonly bucket: string;
};

export type LoadProgress = {
  readonly offset: number;
  readonly lines: number;
  readonly loaded: number;
  readonly bad: number;
};

export const NOTHING_LOADED: LoadProgress = {offset: 0, lines: 0, loaded: 0, bad: 0};

export class Journal {
  constructor(
    readonly file: string,
    private readonly identity: LoadIdentity,
  ) {}

  /** Null when there is none, 'other' when it belongs to something else. */
  async read(): Promise<LoadProgress | 'other' | null> {
    let text: string;
    try {
      text = await readFile(this.file, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
        return null;
      }

      throw error;
    }

    return this.#parse(text) ?? 'other';
  }

  async write(progress: LoadProgress): Promise<void> {
    const beside = `${this.file}.new`;
    const content = {schema: SCHEMA, identity: this.identity, progress};
    await writeFile(beside, `${JSON.stringify(content)}\n`);
    await rename(beside, this.file);
  }

  async remove(): Promise<void> {
    await rm(this.file, {force: true});
  }

  #parse(text: string): LoadProgress | null {
    try {
      const {schema, identity, progress} = JSON.parse(text) as Record<string, unknown>;
      const isOurs =
        schema === SCHEMA && JSON.stringify(identity) === JSON.stringify(this.identity);
      return isOurs && isProgress(progress) ? progress : null;
    } catch {
      return null;
    }
  }
}

function isProgress(value: unknown): value is LoadProgress {
  const {offset, lines, loaded, bad} = (value ?? {}) as Record<string, unknown>;
  return [offset, lines, loaded, bad].every(
    count => Number.isSafeInteger(count) && Number(count) >= 0,
  );
}
