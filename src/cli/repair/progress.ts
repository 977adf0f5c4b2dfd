/**
 * How far a repair is, on stderr: a bar with rate and ETA on a terminal, else one line for every
 * tenth. Why some cannot be compared is told once each.
 */
import {makeBar} from '../bar.js';
import {say} from '../output.js';

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
  const bar = await makeBar(
    '{value} of {total} pairs proven equal | {rate}/s | ETA {eta_formatted}',
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
