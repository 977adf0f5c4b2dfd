/** One `quorate host` as a process of its own, as an operator would run it. */
import {type ChildProcess, spawn} from 'node:child_process';
import {fileURLToPath} from 'node:url';
import type {Place} from './network.js';

export type HostSpec = {
  readonly id: string;
  readonly data: string;
  readonly server: string;
  readonly topology: string;
  /** Further arguments of the command. */
  readonly args?: readonly string[];
  /** Default: where the test is. */
  readonly place?: Place | undefined;
  /** Beside what the test's own process has. */
  readonly env?: Readonly<Record<string, string>> | undefined;
};

export type End = {readonly code: number | null; readonly signal: NodeJS.Signals | null};

/** One line of the host's log; `event` says what happened. */
export type LogLine = Readonly<Record<string, unknown>>;

const PROGRAM = fileURLToPath(new URL('../../../bin/quorate.js', import.meta.url));
const LINES_KEPT = 400;

export class HostProcess {
  readonly id: string;
  /** What the host printed, over all its lives. */
  readonly lines: string[] = [];
  #child: ChildProcess | null = null;
  #ended: Promise<End> = Promise.resolve({code: 0, signal: null});

  constructor(readonly spec: HostSpec) {
    this.id = spec.id;
  }

  /** 0 while none runs. */
  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  /** The end of the life under way, or of the last one. */
  get ended(): Promise<End> {
    return this.#ended;
  }

  /** Those of the log that can be read. */
  get log(): LogLine[] {
    return this.lines.filter(line => line.startsWith('{')).map(line => JSON.parse(line) as LogLine);
  }

  /** Resolves once the host serves. Rejects when it ends before. */
  async start(): Promise<void> {
    const child = this.#launch();
    const ready = new Promise<boolean>(resolve => {
      // A host that salvages its store says so on the way.
      child.on('message', message => {
        if (typeof message === 'object' && message !== null && 'type' in message) {
          if (message.type === 'ready') {
            resolve(true);
          }
        }
      });
    });
    const failed = this.#ended.then(() => false);
    if (!(await Promise.race([ready, failed]))) {
      const {code, signal} = await this.#ended;
      const how = `${this.id} ended with ${signal ?? code} before it was ready`;
      throw new Error(`${how}:\n${this.lines.slice(-20).join('\n')}`);
    }
  }

  /** For a start that is meant to fail: its end, whether or not it served. */
  async runToEnd(): Promise<End> {
    this.#launch();
    return await this.#ended;
  }

  /** Sends a signal without waiting for what comes of it. */
  signal(signal: NodeJS.Signals): void {
    this.#child?.kill(signal);
  }

  /** Ends the process as a crash would, and waits until it has. */
  async kill(): Promise<End> {
    this.signal('SIGKILL');
    return await this.#ended;
  }

  /** In order, as an operator would. */
  async stop(): Promise<End> {
    this.signal('SIGTERM');
    return await this.#ended;
  }

  #launch(): ChildProcess {
    if (this.#child !== null) {
      throw new TypeError(`${this.id} runs already`);
    }

    const {id, data, server, topology, args = [], place, env} = this.spec;
    const options = ['--id', id, '--data', data, '--server', server, '--topology', topology];
    const program = [process.execPath, PROGRAM, 'host', ...options, '--dev', ...args];
    const [command = '', ...rest] = [...(place?.enter ?? []), ...program];
    const child = spawn(command, rest, {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env: {...process.env, ...env},
    });
    this.#child = child;
    this.#keepLines(child.stdout);
    this.#keepLines(child.stderr);
    this.#ended = new Promise(resolve => {
      child.once('close', (code, signal) => {
        this.#child = null;
        this.lines.push(`(${id} ended with ${signal ?? code})`);
        resolve({code, signal});
      });
    });
    return child;
  }

  #keepLines(stream: NodeJS.ReadableStream | null): void {
    let rest = '';
    stream?.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      this.lines.push(...lines);
      this.lines.splice(0, this.lines.length - LINES_KEPT);
    });
  }
}
