/** What can be done to a bed: how it begins, and how it ends. */
import type {SimRandom} from '../../../src/sim/random.js';
import type {Bed, Need} from '../bed.js';

/** Ends the fault: processes run again, and nothing stands in their way. */
export type Remedy = () => Promise<void>;

export type Fault = {
  /** What happens, as part of a sentence. */
  readonly name: string;
  /** Whom it happens to. Two faults at a time have different victims. */
  readonly victim: 'host' | 'every host' | 'broker';
  readonly needs: readonly Need[];
  /** Whether requests under way at the victim fail for certain: so that the fault can be seen. */
  readonly fails: boolean;
  /** `host` is the victim where it is one host. */
  readonly begin: (bed: Bed, host: string, random: SimRandom) => Promise<Remedy>;
};

/** Starts those hosts that do not run, for whatever reason. */
export async function startMissing({cluster}: Bed, hosts: readonly string[]): Promise<void> {
  const missing = hosts.map(id => cluster.host(id)).filter(({pid}) => pid === 0);
  await Promise.all(missing.map(host => host.start()));
}
