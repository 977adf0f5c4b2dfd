/**
 * Every knob of a host, with its default: meaning, unit, and what more or less of it does. Read
 * once, where the process starts, and passed down; nothing below reads the environment.
 */
import type {HostConfig} from '../actors/host/host.effects.js';

const MIB = 1024 * 1024;

export const DEFAULT_HOST_CONFIG: Omit<HostConfig, 'id' | 'topology' | 'version'> = {
  isDevelopment: false,
  store: {
    // fsync: acknowledged means synced. Anything weaker is for data that may be lost with the
    // power.
    durability: 'fsync',
    // Only with `interval`: how much may be lost. More loses more, less syncs more often.
    syncEveryMs: 100,
    // Under load a commit starts no sooner than this after the one before. More makes commits
    // larger and cheaper, and writes wait longer; 0 starts each as soon as the last one has ended.
    // Measured with 64 and 256 writes under way on two full cores: 4 to 9 ms make an operation 15 %
    // cheaper, and also quicker.
    lingerMs: 5,
    // Bounds of what is being committed and of what gathers meanwhile. More rides out longer stalls
    // of the disk and answers later; past either, writes are shed with 429.
    operationsMax: 8_192,
    bytesMax: 32 * MIB,
    // For encoded objects kept in memory. More saves reads; it is the larger part of a host's
    // memory.
    cacheBytes: 96 * MIB,
    // Each takes a thread of Node's pool, of which some have to stay free for commits. More fetches
    // quicker what only the disk has. A host process sets it by the size of its pool.
    readsAtOnce: 3,
  },
  // A crashed actor comes back after 100 ms, 200 ms, ... at most 5 s; the sixth crash within a
  // minute is its supervisor's problem.
  restartPolicy: {firstDelayMs: 100, delayMsMax: 5_000, restartsMax: 5, windowMs: 60_000},
  // Operations that wait for one vnode. More queues longer under overload instead of shedding.
  mailboxMax: 4_096,
  // A host says it is ready without its peers after this long: they may be down.
  joinGraceMs: 3_000,
  // What requests under way get when the host stops; must stay under the 8 s that `up` allows.
  drainMs: 5_000,
  greetEveryMs: 250,
  scrub: {
    // About how long one pass over all records takes. Less meets rot sooner and reads more.
    passMs: 7 * 24 * 3_600_000,
    // Bounds it while it is not known how much there is, and where there is more than can be read
    // in that time.
    bytesPerSecondMax: MIB,
  },
};
