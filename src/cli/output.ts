/**
 * Where a command's words go: data on stdout and nothing else there, everything for people on
 * stderr.
 *
 * A reader of stdout that went away ends the command quietly: what is not wanted any more need not
 * be made.
 */
import type {CliProblem} from './problem.js';

export type Json = Readonly<Record<string, unknown>>;

export function guardOutput(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') {
      throw error;
    }

    process.exit();
  });
  process.stderr.on('error', () => {});
}

export function data(bytes: Uint8Array | string): void {
  process.stdout.write(bytes);
}

/** `schema` is the shape's name and version: fields are added, never changed, under one version. */
export function json(schema: string, fields: Json): void {
  data(`${JSON.stringify({schema: `quorate.${schema}`, ...fields})}\n`);
}

export function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

export function tellProblem(problem: CliProblem, asJson: boolean, code: number | null): void {
  const {what, why, next, exitCode} = problem;
  if (asJson) {
    json('error.v1', {what, why, next, code, exitCode});
  } else {
    say(`quorate: ${what}\n  why:  ${why}\n  next: ${next}`);
  }
}

export function isColoured(stream: {readonly isTTY?: boolean}, env: NodeJS.ProcessEnv): boolean {
  return stream.isTTY === true && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb';
}

/** A value for JSON: as text when it is UTF-8 and nothing would be lost, else as base64. */
export function jsonValue(value: Uint8Array): {value: string; encoding: 'utf8' | 'base64'} {
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.length);
  const text = bytes.toString('utf8');
  return Buffer.from(text, 'utf8').equals(bytes)
    ? {value: text, encoding: 'utf8'}
    : {value: bytes.toString('base64'), encoding: 'base64'};
}
