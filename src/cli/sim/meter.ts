/**
 * How far a run of seeds is, on stderr: a bar on a terminal, otherwise one line for every tenth.
 */
import {performance} from 'node:perf_hooks';
import cliProgress from 'cli-progress';

export type Meter = {readonly step: () => void; readonly end: () => void};

export function createMeter(total: number): Meter {
  return process.stderr.isTTY ? barMeter(total) : lineMeter(total);
}

function barMeter(total: number): Meter {
  const started = performance.now();
  const bar = new cliProgress.SingleBar({
    format: '{bar} {value}/{total} seeds, {rate}/s, {eta_formatted} left',
    stream: process.stderr,
    hideCursor: true,
  });
  let done = 0;
  bar.start(total, 0, {rate: '-'});
  return {
    step: () => {
      done += 1;
      bar.update(done, {rate: rateOf(done, started)});
    },
    end: () => bar.stop(),
  };
}

function lineMeter(total: number): Meter {
  const started = performance.now();
  let done = 0;
  return {
    step: () => {
      done += 1;
      const tenth = Math.floor((done * 10) / total);
      if (tenth > Math.floor(((done - 1) * 10) / total)) {
        const leftS = Math.round((((performance.now() - started) / done) * (total - done)) / 1000);
        const rate = rateOf(done, started);
        process.stderr.write(
          `${tenth * 10}%: ${done}/${total} seeds, ${rate}/s, ${leftS} s left\n`,
        );
      }
    },
    end: () => {},
  };
}

function rateOf(done: number, startedMs: number): string {
  return ((done * 1000) / Math.max(1, performance.now() - startedMs)).toFixed(1);
}
