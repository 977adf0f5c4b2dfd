/**
 * Binds the effects that store.machine.ts names to the Storage port and the host's object store.
 */
import type {ActorRefFrom} from 'xstate';
import type {Failpoints} from '../../src/failpoints.js';
import type {Clock} from '../../src/ports/clock.js';
import {StorageFailure, type OpenReport, type Storage} from '../../src/ports/storage.js';
import {CheckedStorage} from '../../src/store/checked-storage.js';
import {ObjectStore, type ObjectStoreOptions} from '../../src/store/object-store.js';
import {StoreSalvager} from '../../src/store/salvager.js';
import {CommitWatch, STUCK_MS} from './commit-watch.js';
import {storeMachine} from './store.machine.js';
import type {StoreEvent, StoreReport} from './store.messages.js';

/**
 * fsync: acknowledged means synced. interval: synced every `syncEveryMs`. none: synced at close
 * only. With the weaker two every start takes new incarnations, because dots may have outlived
 * their writes.
 */
export type Durability = 'fsync' | 'interval' | 'none';

export type StorePorts = {
  readonly storage: Storage;
  readonly clock: Clock;
  readonly failpoints: Failpoints;
  readonly report: (report: StoreReport) => void;
};

export type StoreOptions = ObjectStoreOptions & {
  readonly durability: Durability;
  readonly syncEveryMs: number;
  readonly lingerMs: number;
};

/** People are told of a salvage about so often. */
const PROGRESS_EVERY_MS = 1_000;
/** A commit of fewer operations is none that waiting would have made noticeably cheaper. */
const LINGER_OPERATIONS_MIN = 8;
const STUCK = new StorageFailure(
  'IO',
  `the engine has not ended a commit for ${STUCK_MS / 1_000} s`,
);

type Self = ActorRefFrom<typeof storeMachine>;

/**
 * The store's machine, bound, the objects that vnodes work on, and the storage for all who read
 * other records. One of each a host.
 */
export function bindStore(ports: StorePorts, options: StoreOptions) {
  const {storage, clock, failpoints, report} = ports;
  let self: Self | null = null;
  let syncedAtMs = clock.nowMs();
  let unsynced = false;
  const pace = paceOf(clock, options.lingerMs);
  const tell = (event: StoreEvent) => {
    if (self?.getSnapshot().status === 'active') {
      self.send(event);
    }
  };

  const watch = new CommitWatch(clock, () => tell({type: 'store.failed', failure: STUCK}));
  const onDamaged = (failure: StorageFailure) => tell({type: 'store.damaged', failure});
  const objects = new ObjectStore(
    storage,
    clock,
    options,
    () => clock.endOfTurn(() => tell({type: 'store.gathered'})),
    onDamaged,
  );

  const mustSync = (): boolean => {
    const due = clock.nowMs() - syncedAtMs >= options.syncEveryMs;
    return options.durability === 'fsync' || (options.durability === 'interval' && due);
  };

  const ended = (failure: StorageFailure | null, success: StoreEvent) =>
    tell(failure === null ? success : {type: 'store.failed', failure});

  const commit = () => {
    failpoints.hit('commit.before');
    const sync = mustSync() || objects.commits.mustSync;
    pace.begin(objects.commits.gathered);
    watch.begin();
    storage.commit(objects.commits.begin(), {sync}, failure => {
      watch.end();
      syncedAtMs = sync ? clock.nowMs() : syncedAtMs;
      unsynced = !sync;
      rereadAfter(failure, ports, objects, cause => ended(cause, {type: 'store.committed'}));
    });
  };

  const machine = storeMachine.provide({
    guards: {
      hasGathered: () => objects.commits.hasGathered,
      hasUnsynced: () => unsynced && options.durability === 'interval',
      mustLinger: () => objects.commits.hasGathered && pace.leftMs() > 0,
    },
    delays: {linger: pace.leftMs},
    actions: {
      open: args => {
        self = args.self as Self;
        storage.open((failure, opened) => openedAs(failure, opened, ports, objects, tell));
      },
      salvage: (_, {failure}) => salvage(failure.message, ports, objects, tell),
      condemn: (_, {failure}) =>
        storage.condemn(failure.message, unnoted => ended(unnoted, {type: 'store.condemned'})),
      commit,
      succeed: () => {
        failpoints.hit('commit.after');
        objects.succeed();
      },
      fail: (_, {failure}) => objects.fail(failure),
      close: () => storage.close(failure => ended(failure, {type: 'store.closed'})),
      tellReady: (_, {report: opened}) => report({type: 'store.ready', report: opened}),
      tellLost: (_, {failure}) => report({type: 'store.lost', failure}),
      tellEnded: () => report({type: 'store.ended'}),
    },
  });

  const checked = new CheckedStorage(storage, onDamaged);
  return {machine, objects, storage: checked, commitMs: () => watch.commitMs};
}

function openedAs(
  failure: StorageFailure | null,
  report: OpenReport | null,
  {storage}: StorePorts,
  {commits}: ObjectStore,
  tell: (event: StoreEvent) => void,
): void {
  if (report === null) {
    const unknown = new StorageFailure('IO', 'the engine opened without a report');
    tell({type: 'store.failed', failure: failure ?? unknown});
  } else if (report.suspect !== null) {
    const message = `the store lost commits that were synced: ${report.suspect}`;
    tell({type: 'store.failed', failure: new StorageFailure('CORRUPT', message)});
  } else {
    commits.leaves.load(storage, unread =>
      tell(
        unread === null ? {type: 'store.opened', report} : {type: 'store.failed', failure: unread},
      ),
    );
  }
}

function salvage(
  why: string,
  ports: StorePorts,
  objects: ObjectStore,
  tell: (event: StoreEvent) => void,
): void {
  const {storage, clock, report} = ports;
  let toldAtMs = -Infinity;
  const progress = (records: number, bytes: number) => {
    if (clock.nowMs() - toldAtMs >= PROGRESS_EVERY_MS) {
      toldAtMs = clock.nowMs();
      report({type: 'store.salvaging', why, records, bytes});
    }
  };
  progress(0, 0);
  storage.salvage(why, new StoreSalvager(progress), (failure, opened) =>
    openedAs(failure, opened, ports, objects, tell),
  );
}

/** The store goes on after a full disk, though the commit that failed may have taken effect. */
function rereadAfter(
  failure: StorageFailure | null,
  {storage}: StorePorts,
  {commits}: ObjectStore,
  done: (failure: StorageFailure | null) => void,
): void {
  if (failure?.code === 'FULL') {
    commits.leaves.load(storage, unread => done(unread ?? failure));
  } else {
    done(failure);
  }
}

/** How long the next commit waits: `lingerMs` from the start of one that was large. */
function paceOf(clock: Clock, lingerMs: number) {
  let lingersUntilMs = 0;
  return {
    begin: (operations: number) => {
      lingersUntilMs = operations < LINGER_OPERATIONS_MIN ? 0 : clock.nowMs() + lingerMs;
    },
    leftMs: () => lingersUntilMs - clock.nowMs(),
  };
}
