/** Runs the command line as a real process. */
import {type ChildProcessWithoutNullStreams, spawn} from 'node:child_process';
import {fileURLToPath} from 'node:url';

const launcher = fileURLToPath(new URL('../../../bin/quorate.js', import.meta.url));

export type Ended = {
  /** Null when a signal ended it. */
  readonly code: number | null;
  readonly stdout: Buffer;
  readonly stderr: string;
  readonly json: () => unknown;
};

export type Cli = {
  readonly child: ChildProcessWithoutNullStreams;
  /** All it has said so far, on both streams. */
  readonly heard: () => string;
  readonly ended: Promise<Ended>;
};

/** `common` options go after the rest. Without `input`, stdin is empty. */
export function startCli(
  common: readonly string[],
  args: readonly string[],
  input: Uint8Array | string = '',
): Cli {
  const child = spawn(process.execPath, [launcher, ...args, ...common]);
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on('data', (bytes: Buffer) => out.push(bytes));
  child.stderr.on('data', (bytes: Buffer) => err.push(bytes));
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const ended = new Promise<Ended>(resolve => {
    child.once('close', code => {
      const stdout = Buffer.concat(out);
      const stderr = Buffer.concat(err).toString();
      resolve({code, stdout, stderr, json: () => JSON.parse(stdout.toString())});
    });
  });
  return {child, heard: () => Buffer.concat([...out, ...err]).toString(), ended};
}
