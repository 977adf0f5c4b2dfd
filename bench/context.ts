/** What a run of the bench works with, and what it hands back. */
import type {BenchOptions} from './options.js';
import type {Machine} from './report/machine.js';
import type {Progress} from './report/progress.js';
import type {Row} from './report/rows.js';
import type {Stage} from './stage/stage.js';

export type Context = {
  readonly stage: Stage;
  readonly options: BenchOptions;
  readonly progress: Progress;
  readonly machine: Machine;
};

export type Report = {
  /** For people, on stdout. */
  readonly text: string;
  /** For `--json`; what every run has (machine, date) comes on top. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** For `--chart`, where there is something to draw. */
  readonly rows?: readonly Row[];
};
