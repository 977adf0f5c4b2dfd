/**
 * How far a load is, on stderr: a bar with rate and ETA on a terminal, else one line for every
 * tenth.
 */
import {makeBar} from '../bar.js';
import {say} from '../output.js';
import type {LoadProgress} from './journal.js';

const MIB = 1024 * 1024;
/** Without a total (stdin) there are no tenths. */
const RECORDS_A_LINE = 100_000;

export type ProgressView = {
  update(progress: LoadProgress): void;
  stop(): void;
};

/** `totalBytes` is null when nobody knows. */
export async function showProgress(
  totalBytes: number | null,
  start: LoadProgress,
): Promise<ProgressView> {
  const startedMs = performance.now();
  const rateOf = ({loaded}: LoadProgress) =>
    Math.round(((loaded - start.loaded) * 1000) / Math.max(1, performance.now() - startedMs));
  if (process.stderr.isTTY && totalBytes !== null) {
    return await showBar(totalBytes, start, rateOf);
  }

  let told = stepOf(start, totalBytes);
  return {
    update(progress) {
      const step = stepOf(progress, totalBytes);
      if (step > told) {
        told = step;
        const part = totalBytes === null ? '' : `${step * 10} %, `;
        say(`${part}${progress.loaded} records, ${rateOf(progress)}/s`);
      }
    },
    stop() {},
  };
}

async function showBar(
  totalBytes: number,
  start: LoadProgress,
  rateOf: (progress: LoadProgress) => number,
): Promise<ProgressView> {
  const bar = await makeBar(
    '{percentage} % | {mib} MiB | {records} records | {rate}/s | ETA {eta_formatted}',
  );
  const payload = (progress: LoadProgress) => ({
    mib: (progress.offset / MIB).toFixed(1),
    records: progress.loaded,
    rate: rateOf(progress),
  });
  bar.start(totalBytes, start.offset, payload(start));
  return {
    update: progress => bar.update(progress.offset, payload(progress)),
    stop: () => bar.stop(),
  };
}

function stepOf({offset, loaded}: LoadProgress, totalBytes: number | null): number {
  return totalBytes === null
    ? Math.floor(loaded / RECORDS_A_LINE)
    : Math.floor((offset * 10) / Math.max(1, totalBytes));
}
