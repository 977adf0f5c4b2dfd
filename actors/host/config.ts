/** What one host is told to be: who it is, and each actor's knobs. Defaults: `src/config.ts`. */
import type {SheddingOptions} from '../../src/edge/shedding.js';
import type {GossipOptions} from '../../src/liveness/options.js';
import type {RestartPolicy} from '../../src/supervision.js';
import type {Topology} from '../../src/topology/document.js';
import type {HintsConfig} from '../hints/hints.effects.js';
import type {SweepOptions} from '../purge/sweep.js';
import type {RepairConfig} from '../repair/repair.effects.js';
import type {ScrubOptions} from '../scrub/pass.js';
import type {StoreOptions} from '../store/store.effects.js';

export type HostConfig = {
  readonly id: string;
  /** What the host was started with; null when it goes by what it has stored. */
  readonly topology: Topology | null;
  readonly version: string;
  /** Answers requests that break it on purpose: for tests. */
  readonly isDevelopment: boolean;
  readonly store: StoreOptions;
  readonly restartPolicy: RestartPolicy;
  readonly mailboxMax: number;
  readonly hints: HintsConfig;
  readonly shedding: SheddingOptions;
  readonly joinGraceMs: number;
  readonly drainMs: number;
  readonly greetEveryMs: number;
  readonly repair: RepairConfig;
  readonly gossip: GossipOptions;
  readonly purge: SweepOptions;
  readonly scrub: ScrubOptions;
};
