/** What all parts of one host have in hand: the ports to the world, and what there is one of. */
import type {AnyActorRef} from 'xstate';
import type {HybridClock} from '../../src/causality/hlc.js';
import type {Counters} from '../../src/counters.js';
import type {Failpoints} from '../../src/failpoints.js';
import type {Liveness} from '../../src/liveness.js';
import type {Clock} from '../../src/ports/clock.js';
import type {Random} from '../../src/ports/random.js';
import type {Storage} from '../../src/ports/storage.js';
import type {Transport} from '../../src/ports/transport.js';
import type {ObjectStore} from '../../src/store/object-store.js';
import type {HostConfig} from './config.js';
import type {TreeNode} from './tree.js';

export type HostPorts = {
  readonly clock: Clock;
  readonly random: Random;
  readonly storage: Storage;
  readonly transport: Transport;
  /** Another connection to the same broker, for what must never delay a request (T46). */
  readonly bulk: Transport;
  /** Ends the process as a power cut would: what the `exit` failpoint does. */
  readonly exit: () => void;
};

export type Shared = HostPorts & {
  readonly config: HostConfig;
  readonly counters: Counters;
  readonly failpoints: Failpoints;
  readonly objects: ObjectStore;
  readonly hybrid: HybridClock;
  readonly liveness: Liveness;
  /** How long the last commit took, or the one under way takes already. */
  readonly commitMs: () => number;
  readonly mayContinue: () => boolean;
  /** The store was created when this process started. */
  readonly isFresh: () => boolean;
  /** A child of the host by id, to send it something. */
  readonly child: (id: string) => AnyActorRef | undefined;
  readonly progress: () => void;
  readonly tree: () => TreeNode;
  readonly emit: (kind: string, details: Readonly<Record<string, unknown>>) => void;
};
