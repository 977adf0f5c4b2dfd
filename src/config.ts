/**
 * Every knob of a host, with its default: meaning, unit, and what more or less of it does. Read
 * once, where the process starts, and passed down; nothing below reads the environment.
 */
import type {HostConfig} from '../actors/host/config.js';
import {TIMEOUT_MS_MAX} from './edge/request-options.js';
import {RETRY_WINDOW_MS} from './limits.js';

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
  hints: {
    // Of disk, for writes that are kept for owners that are away; each takes half a KiB of memory
    // as well. More bears longer absences, past it stand-ins refuse. What is kept is never dropped.
    bytesMax: 256 * MIB,
    // A hint this old is told of: an owner has been away for long, or does not take its hints.
    alarmAfterMs: 3_600_000,
  },
  shedding: {
    // More than half of the reads, or of the writes, that end within this long of each other should
    // not have taken longer; else fewer are taken on at once, and the others get 429. More takes
    // more on before it sheds, and lets all wait longer; keep it well under clients' timeouts.
    wantedMs: 250,
    // Reads, and as many writes, under way at once: before the host has learnt what it can do, and
    // the bounds of what it may learn. What is under way is what an overloaded host holds in
    // memory, with its values.
    requestsAtFirst: 2_048,
    requestsMin: 64,
    requestsMax: 4_096,
  },
  // A host says it is ready without its peers after this long without progress: they may be down.
  joinGraceMs: 3_000,
  // What requests under way get when the host stops; must stay under the 8 s that `up` allows.
  drainMs: 5_000,
  greetEveryMs: 250,
  repair: {
    // Each pair of owners of each partition is compared this often. Less finds lost writes sooner;
    // a comparison that finds nothing costs one question of some hundred bytes.
    everyMs: 60_000,
    // A difference counts when a second look, this much later, shows it too. Less takes writes that
    // are on their way for differences; they are then sent once more than needed.
    pauseMs: 1_000,
    // Less leaves more room for requests, more makes a host equal sooner that was away for long.
    exchangesAtOnce: 4,
    // Objects that are read from disk to find what differs, a second, all exchanges together: ten
    // microseconds each.
    keysPerSecond: 10_000,
    // Hours of the day in which owners are compared. Vnodes that join never wait for them.
    window: null,
  },
  gossip: {
    // More often notices sooner who is gone, and costs more messages.
    everyMs: 1_000,
    // To more hosts news spreads sooner, for as many more messages. Up to twice as many peers are
    // all told each time.
    fanout: 4,
    // A silence that one interval in so many powers of ten exceeds makes a host suspect: 8 stands
    // for one lost heartbeat, not for two. Less suspects sooner, and also without cause.
    suspectPhi: 8,
    // How much longer a silence must last to convict: what a host's event loop may stand still.
    // More bears longer stalls and convicts silent hosts later.
    pauseMs: 2_000,
    // How long the broker's word that nobody hears a host, or the host's goodbye, must stand before
    // it convicts: a host that only dials its broker anew is back within it.
    confirmMs: 1_500,
    // After a start, and after the broker was lost, nobody is convicted for so long: all others may
    // be just as late.
    graceMs: 3_000,
  },
  purge: {
    // Rest after each pass over all objects in search of what may be forgotten. More finds it
    // later.
    everyMs: 60_000,
    // A tombstone is older than this before owners agree that it may go, and they have agreed for
    // as long before it does. Never less than the longest timeout and the window for retries
    // together: a request that has been under way for so long nobody waits for or repeats.
    ageMs: TIMEOUT_MS_MAX + RETRY_WINDOW_MS,
    // Objects that are read, each counted for its KiB. More finds sooner what may be forgotten, and
    // takes more from the disk.
    keysPerSecond: 1_000,
    // A key's vector may have so many entries, for each of its owners, that no value needs any
    // more. One says that more than the owners' present incarnations are among them. Less rewrites
    // every key that its owners take turns to write.
    spentPerCopy: 1,
  },
  scrub: {
    // About how long one pass over all records takes. Less meets rot sooner and reads more.
    passMs: 7 * 24 * 3_600_000,
    // Bounds it while it is not known how much there is, and where there is more than can be read
    // in that time.
    bytesPerSecondMax: MIB,
  },
};

/** Nothing happens so rarely that it could be measured. */
const NEVER_MS = 24 * 3_600_000;

/** What a host would be that only serves: for measurements of what healing costs, and no data. */
export function withoutHealing<Config extends typeof DEFAULT_HOST_CONFIG>(config: Config): Config {
  return {
    ...config,
    store: {...config.store, keepsLeaves: false},
    gossip: {...config.gossip, everyMs: NEVER_MS},
    repair: {...config.repair, everyMs: NEVER_MS},
    purge: {...config.purge, everyMs: NEVER_MS},
    scrub: {passMs: 365 * NEVER_MS, bytesPerSecondMax: 1},
  };
}
