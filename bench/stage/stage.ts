/**
 * What a run of the bench stands on: a broker's program, a folder on a real disk, and the processes
 * that were started.
 *
 * Invariants:
 *   1. Once `clear` has resolved, every process that was started here is gone, and so is the
 *      folder.
 *   2. A process that ends without being told to ends the run: nothing is measured on what is left.
 */
import {mkdirSync, mkdtempSync} from 'node:fs';
import {rm} from 'node:fs/promises';
import {createServer} from 'node:net';
import {join} from 'node:path';
import {findBroker} from '../../src/provision/broker.js';
import {ensureLibatomic, withLibraries} from '../../src/provision/libatomic.js';
import type {Talk} from '../../src/provision/problem.js';
import {defaultCacheDir} from '../../src/provision/project-cache.js';
import {Child, type ChildSpec} from './child.js';

export type StageOptions = {
  /** Where the clusters' folders are made. Default: the project's own cache folder. */
  readonly data: string | undefined;
  readonly talk: Talk;
  readonly signal: AbortSignal;
};

export class Stage {
  readonly #children: Child[] = [];
  #lose: (cause: unknown) => void = () => {};
  /** Rejects once a process has ended by itself. */
  readonly lost = new Promise<never>((_, reject) => {
    this.#lose = reject;
  });

  private constructor(
    readonly folder: string,
    readonly broker: {readonly path: string; readonly version: string},
    /** For processes that open the storage engine. */
    readonly env: NodeJS.ProcessEnv,
    readonly signal: AbortSignal,
  ) {
    // Whoever waits for it hears of it; nobody has to.
    this.lost.catch(() => undefined);
  }

  /** Rejects with `ProvisionProblem` when broker or storage engine cannot be had. */
  static async open({data, talk, signal}: StageOptions): Promise<Stage> {
    const broker = await findBroker({env: process.env, talk, signal});
    const libraries = await ensureLibatomic({env: process.env, talk, signal});
    const parent = data ?? defaultCacheDir;
    mkdirSync(parent, {recursive: true});
    const folder = mkdtempSync(join(parent, 'bench-'));
    return new Stage(folder, broker, withLibraries(process.env, libraries), signal);
  }

  start(spec: ChildSpec): Child {
    this.signal.throwIfAborted();
    const child = new Child({env: this.env, ...spec});
    this.#children.push(child);
    void child.ended.then(() => {
      if (!child.isAsked) {
        child.failure().catch(this.#lose);
      }
    });
    return child;
  }

  /** Those that live. */
  get processes(): Child[] {
    return this.#children.filter(({isGone}) => !isGone);
  }

  async clear(): Promise<void> {
    await Promise.all(this.#children.map(child => child.kill()));
    await rm(this.folder, {recursive: true, force: true, maxRetries: 3});
  }
}

/** Nobody listens there now. */
export async function freePort(): Promise<number> {
  return await new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({host: '127.0.0.1', port: 0}, () => {
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}
