/**
 * How far a repair is, on stderr: a bar with rate and ETA on a terminal, else one line for every
 * tenth. Why some cannot be compared is told once each.
 */
import type {SingleBar} from 'cli-progress';
import {isColoured, say} from '../output.js';

export type RepairView = {
  update(proven: number, problems: readonly string[]): void;
  stop(proven: number): void;
};

export async function showRepairProgress(total: number): Promise<RepairView> {
  const startedMs = performance.now();
  const rateOf = (proven: number) =>
    ((proven * 1000) / Math.max(1, performance.now() - startedMs)).toFixed(1);
  const told = new Set<string>();
  const complain = (problems: readonly string[]) => {
    for (const problem of problems.filter(one => !told.has(one))) {
      told.add(problem);
      say(problem);
    }
  };
  if (process.stderr.isTTY) {
    return await showBar(total, rateOf, complain);
  }

  let tenths = 0;
  const update = (proven: number) => {
    const now = Math.floor((10 * proven) / Math.max(1, total));
    if (now > tenths) {
      tenths = now;
      say(`${now * 10} %, ${proven} of ${total} pairs of owners proven equal, ${rateOf(proven)}/s`);
    }
  };
  return {
    update(proven, problems) {
      complain(problems);
      update(proven);
    },
    stop: update,
  };
}

async function showBar(
  total: number,
  rateOf: (proven: number) => string,
  complain: (problems: readonly string[]) => void,
): Promise<RepairView> {
  const {default: progressBars} = await import('cli-progress');
  const paint = isColoured(process.stderr, process.env) ? ['\u001B[32m', '\u001B[0m'] : ['', ''];
  const figures = '{value} of {total} pairs proven equal | {rate}/s | ETA {eta_formatted}';
  const bar: SingleBar = new progressBars.SingleBar(
    {
      format: `${paint[0]}{bar}${paint[1]} ${figures}`,
      stream: process.stderr,
      hideCursor: true,
      etaBuffer: 50,
    },
    progressBars.Presets.shades_classic,
  );
  bar.start(total, 0, {rate: '0'});
  return {
    update(proven, problems) {
      complain(problems);
      bar.update(proven, {rate: rateOf(proven)});
    },
    stop(proven) {
      bar.update(proven, {rate: rateOf(proven)});
      bar.stop();
    },
  };
}
