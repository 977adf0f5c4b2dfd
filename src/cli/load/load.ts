/** The whole of `quorate load`: the file, its journal, the progress shown, and how it ends. */
import {createReadStream} from 'node:fs';
import {stat} from 'node:fs/promises';
import {addAbortSignal} from 'node:stream';
import type {Client} from '../../client/client.js';
import {ExitCode} from '../exit-codes.js';
import {json, say} from '../output.js';
import {CliProblem, problemOf} from '../problem.js';
import {Journal, NOTHING_LOADED} from './journal.js';
import {linesOf} from './lines.js';
import {BadLine, Loader} from './loader.js';
import {showProgress} from './progress.js';

export type LoadOptions = {
  readonly bucket: string | undefined;
  readonly journal: string | undefined;
  readonly skipBad: boolean;
  readonly inFlightMax: number;
  readonly patienceMs: number;
  readonly asJson: boolean;
};

const SAVE_EVERY_MS = 1_000;
const REDRAW_EVERY_MS = 100;
/** Of lines that are skipped, so many are shown. */
const BAD_SHOWN_MAX = 10;

/** Answers with the exit code. `file` is '-' for stdin, which cannot be resumed. */
export async function load(client: Client, file: string, options: LoadOptions): Promise<number> {
  const source = file === '-' ? null : await openSource(client, file, options);
  const start = source?.start ?? NOTHING_LOADED;
  const interrupted = interruption();
  const progress = await showProgress(source?.bytes ?? null, start);
  const loader = new Loader(
    client,
    start,
    {...options, onBad: badLineTeller()},
    interrupted.signal,
  );
  const save = async () => {
    await source?.journal.write(loader.progress);
  };
  const saver = new Repeater(save, SAVE_EVERY_MS);
  const redraw = setInterval(() => progress.update(loader.progress), REDRAW_EVERY_MS);
  const startedMs = performance.now();
  try {
    const chunks = source === null ? process.stdin : createReadStream(file, {start: start.offset});
    addAbortSignal(interrupted.signal, chunks);
    await loader.run(linesOf(chunks, start.offset));
  } catch (error) {
    await saver.stop();
    await save();
    throw explained(error, file, loader.progress.offset);
  } finally {
    clearInterval(redraw);
    await saver.stop();
    progress.update(loader.progress);
    progress.stop();
    interrupted.stopListening();
  }

  const {loaded, bad, lines} = loader.progress;
  const seconds = (performance.now() - startedMs) / 1000;
  const isWhole = !interrupted.signal.aborted;
  await (isWhole ? source?.journal.remove() : save());
  const perSecond = Math.round((loaded - start.loaded) / Math.max(seconds, 0.001));
  if (options.asJson) {
    const resumedAtLine = start.lines;
    json('load.v1', {file, done: isWhole, lines, loaded, bad, seconds, perSecond, resumedAtLine});
  } else {
    const how = isWhole ? 'loaded' : 'interrupted; run it again to go on;';
    say(`${how} ${loaded} records, ${bad} bad lines, ${seconds.toFixed(1)} s, ${perSecond}/s`);
  }

  return isWhole ? ExitCode.ok : ExitCode.interrupted;
}

async function openSource(client: Client, file: string, options: LoadOptions) {
  const {size, mtimeMs} = await stat(file).catch((error: unknown) => {
    const why = error instanceof Error ? error.message : String(error);
    throw new CliProblem(ExitCode.usage, `${file} cannot be read`, why, 'name a file that can');
  });
  const {cluster} = await client.topology();
  const journal = new Journal(options.journal ?? `${file}.quorate-load`, {
    cluster: cluster.id,
    bytes: size,
    changedMs: mtimeMs,
    bucket: options.bucket ?? '',
  });
  const found = await journal.read();
  if (found === 'other') {
    const why = `${journal.file} is of another file or cluster, or of this file before it changed`;
    const next = `remove ${journal.file} to load everything`;
    throw new CliProblem(ExitCode.usage, 'it is unknown how much was loaded before', why, next);
  }

  if (found !== null) {
    say(`going on after line ${found.lines}, as ${journal.file} says`);
  }

  return {journal, bytes: size, start: found ?? NOTHING_LOADED};
}

function explained(error: unknown, file: string, offset: number): unknown {
  if (error instanceof BadLine) {
    const next = `correct it, or skip such lines with --skip-bad`;
    return new CliProblem(ExitCode.usage, `line ${error.line} cannot be loaded`, error.why, next);
  }

  if (error instanceof RangeError) {
    const what = `${file} is no file of one JSON object a line`;
    return new CliProblem(ExitCode.usage, what, error.message, 'look at `npx quorate load --help`');
  }

  const problem = problemOf(error);
  const next = 'look at `npx quorate status`, then run the same command: it goes on where it was';
  const what = `the load stopped after ${offset} bytes`;
  return problem === null ? error : new CliProblem(problem.exitCode, what, problem.why, next);
}

function badLineTeller(): (line: number, why: string) => void {
  let shown = 0;
  return (line, why) => {
    shown += 1;
    if (shown <= BAD_SHOWN_MAX) {
      say(`line ${line} is skipped: ${why}`);
    } else if (shown === BAD_SHOWN_MAX + 1) {
      say('further bad lines are counted only');
    }
  };
}

/** Ctrl-C and SIGTERM end the load in order: what is under way ends, and the journal is written. */
function interruption() {
  const stop = new AbortController();
  const abort = () => stop.abort();
  const signals = ['SIGINT', 'SIGTERM'] as const;
  for (const signal of signals) {
    process.once(signal, abort);
  }

  const stopListening = () => {
    for (const signal of signals) {
      process.off(signal, abort);
    }
  };
  return {signal: stop.signal, stopListening};
}

/** Repeats one piece of work, never two of it at once. */
class Repeater {
  readonly #timer: NodeJS.Timeout;
  #last: Promise<void> = Promise.resolve();

  constructor(work: () => Promise<void>, everyMs: number) {
    this.#timer = setInterval(() => {
      this.#last = this.#last.then(work, work);
    }, everyMs);
  }

  /** Rejects when the last round failed. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#last;
  }
}
