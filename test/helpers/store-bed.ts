/** A running store on a simulated disk, for the actors that work on top of one. */
import {createActor} from 'xstate';
import {bindStore} from '../../actors/store/store.effects.js';
import type {StoreReport} from '../../actors/store/store.messages.js';
import {HybridClock} from '../../src/causality/hlc.js';
import {Failpoints} from '../../src/failpoints.js';
import {SimClock} from '../../src/sim/clock.js';
import {SimDisk} from '../../src/sim/disk.js';
import {SimRandom} from '../../src/sim/random.js';
import {decodeIdentity, encodeIdentity, freshIdentity} from '../../src/store/identity.js';
import {identityKey} from '../../src/store/layout.js';
import {openRecord} from '../../src/store/record.js';

/** Longer than the simulated disk ever takes for one thing. */
export const DISK_MS = 100;

export type StoreBed = ReturnType<typeof startStore>;

export function startStore(random = new SimRandom(1), clock = new SimClock(), disk?: SimDisk) {
  const platter = disk ?? new SimDisk(random.stream('crash'));
  const storage = platter.storage(clock, random.stream('disk'));
  const failpoints = new Failpoints(() => {});
  const reports: StoreReport[] = [];
  const {machine, objects} = bindStore(
    {storage, clock, failpoints, report: report => reports.push(report)},
    {
      durability: 'fsync',
      syncEveryMs: 100,
      lingerMs: 5,
      operationsMax: 1e5,
      bytesMax: 1e9,
      cacheBytes: 1e6,
      readsAtOnce: 3,
    },
  );
  const actor = createActor(machine, {clock, input: {syncEveryMs: 100}});
  actor.subscribe({error: () => {}});
  actor.start();
  const pass = (ms: number = DISK_MS) => clock.run(clock.nowMs() + ms);
  pass();
  return {
    actor,
    clock,
    random,
    disk: platter,
    storage,
    objects,
    failpoints,
    reports,
    hybrid: new HybridClock(),
    copiesOf: () => 3,
    /** Lets time pass: by default long enough for any one thing that the disk does. */
    pass,
    /** What lies on disk of a vnode's identity. */
    identityOf: (partition: number) => {
      const key = identityKey(partition);
      let found: ReturnType<typeof decodeIdentity> = null;
      storage.read([key], ([answer]) => {
        const content = answer instanceof Uint8Array ? openRecord(key, answer) : null;
        found = content === null ? null : decodeIdentity(content);
      });
      pass();
      return found as ReturnType<typeof decodeIdentity>;
    },
  };
}

/**
 * The same, with a record of the partition's vnode that was proven before: so it serves at once.
 */
export function startProvenStore(partition = 7): StoreBed {
  const bed = startStore();
  const record = encodeIdentity(freshIdentity(bed.random, true));
  bed.objects.commits.addRecord(identityKey(partition), record, () => {});
  bed.pass();
  return bed;
}
