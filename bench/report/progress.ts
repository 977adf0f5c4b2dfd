/**
 * How far the bench is, on stderr: a bar with ETA on a terminal, else a line for each step, or for
 * each tenth of a load.
 */
import progressBars, {type SingleBar} from 'cli-progress';
import {say} from '../../src/cli/output.js';

export class Progress {
  #bar: SingleBar | null = null;
  #total = 0;
  #done = 0;
  #title = '';
  #startedMs = 0;
  #toldTenth = 0;

  say(line: string): void {
    if (this.#bar === null) {
      say(line);
    } else {
      this.#bar.update({what: line});
    }
  }

  /** `total` steps, or records, are to come. */
  start(total: number, title: string): void {
    this.stop();
    this.#total = total;
    this.#done = 0;
    this.#title = title;
    this.#toldTenth = 0;
    this.#startedMs = performance.now();
    if (process.stderr.isTTY && total > 0) {
      const format = `${title} {bar} {value}/{total}, ETA {eta_formatted}  {what}`;
      const options = {format, stream: process.stderr, hideCursor: true, etaBuffer: 20};
      this.#bar = new progressBars.SingleBar(options, progressBars.Presets.shades_classic);
      this.#bar.start(total, 0, {what: ''});
    }
  }

  /** One step is done: told in a line of its own. */
  step(line: string): void {
    this.#done += 1;
    if (this.#bar === null) {
      say(`${this.#title} ${this.#done}/${this.#total}, ETA ${this.#eta()}: ${line}`);
    } else {
      this.#bar.update(this.#done, {what: line});
    }
  }

  /** So many are done: told for each tenth only. */
  at(done: number): void {
    this.#done = done;
    const rate = `${Math.round((done * 1_000) / (performance.now() - this.#startedMs))}/s`;
    this.#bar?.update(done, {what: rate});
    const tenth = Math.floor((done * 10) / Math.max(1, this.#total));
    if (this.#bar === null && tenth > this.#toldTenth) {
      this.#toldTenth = tenth;
      say(`${this.#title}: ${done} of ${this.#total}, ${rate}, ETA ${this.#eta()}`);
    }
  }

  stop(): void {
    this.#bar?.stop();
    this.#bar = null;
  }

  #eta(): string {
    const perStepMs = (performance.now() - this.#startedMs) / Math.max(1, this.#done);
    const seconds = Math.round((perStepMs * (this.#total - this.#done)) / 1_000);
    return seconds < 90 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
  }
}
