/**
 * One process that the bench started, with the end of what it printed kept for when it fails.
 *
 * Invariants:
 *   1. It is ended by its number, and only while it is known to live.
 *   2. `stop` and `kill` resolve once it is gone.
 */
import {type ChildProcess, spawn, type StdioOptions} from 'node:child_process';

export type ChildSpec = {
  readonly name: string;
  readonly command: readonly [program: string, ...args: string[]];
  readonly env?: NodeJS.ProcessEnv;
  /** Whether it talks to the bench over a channel. */
  readonly ipc?: boolean;
};

const LINES_KEPT = 20;
/** A process that was asked to stop and does not is killed after this long. */
const PATIENCE_MS = 15_000;

export class Child {
  readonly name: string;
  readonly process: ChildProcess;
  /** Says how it ended. */
  readonly ended: Promise<string>;
  #lines: string[] = [];
  #isGone = false;
  #isAsked = false;

  constructor({name, command: [program, ...args], env = process.env, ipc = false}: ChildSpec) {
    this.name = name;
    const stdio: StdioOptions = ['ignore', 'pipe', 'pipe', ...(ipc ? ['ipc' as const] : [])];
    const child = spawn(program, args, {env, stdio});
    this.process = child;
    this.#keep(child.stdout);
    this.#keep(child.stderr);
    this.ended = new Promise(resolve => {
      const end = (how: string) => {
        this.#isGone = true;
        resolve(how);
      };
      child.once('error', error => end(error.message));
      child.once('exit', (code, signal) => end(String(signal ?? code)));
    });
  }

  /** 0 when it could not be started. */
  get pid(): number {
    return this.process.pid ?? 0;
  }

  /** Whether it was told to end. */
  get isAsked(): boolean {
    return this.#isAsked;
  }

  get isGone(): boolean {
    return this.#isGone;
  }

  /** Rejects with what it printed last, once it has ended. */
  async failure(): Promise<never> {
    const how = await this.ended;
    const why = how === 'SIGKILL' ? ', which is how the kernel takes memory back' : '';
    throw new Error([`${this.name} ended (${how}${why})`, ...this.#lines].join('\n'));
  }

  /** In order; by force when that takes too long. */
  async stop(): Promise<void> {
    const timer = setTimeout(() => this.#signal('SIGKILL'), PATIENCE_MS);
    this.#signal('SIGTERM');
    await this.ended;
    clearTimeout(timer);
  }

  async kill(): Promise<void> {
    this.#signal('SIGKILL');
    await this.ended;
  }

  #signal(signal: NodeJS.Signals): void {
    this.#isAsked = true;
    if (!this.#isGone) {
      this.process.kill(signal);
    }
  }

  #keep(stream: NodeJS.ReadableStream | null): void {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      this.#lines = [...this.#lines, ...text.trimEnd().split('\n')].slice(-LINES_KEPT);
    });
  }
}
