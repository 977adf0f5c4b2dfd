/** A progress bar on stderr, for long work on a terminal; `figures` are what stands beside it. */
import type {SingleBar} from 'cli-progress';
import {isColoured} from './output.js';

export async function makeBar(figures: string): Promise<SingleBar> {
  const {default: progressBars} = await import('cli-progress');
  const [on, off] = isColoured(process.stderr, process.env)
    ? ['\u001B[32m', '\u001B[0m']
    : ['', ''];
  return new progressBars.SingleBar(
    {
      format: `${on}{bar}${off} ${figures}`,
      stream: process.stderr,
      hideCursor: true,
      etaBuffer: 50,
    },
    progressBars.Presets.shades_classic,
  );
}
