/**
 * Composes one host from its ports: binds every machine, and starts the root.
 *
 * The same composition runs in production and in the simulator; only the ports differ.
 */
import {createActor, type ActorRefFrom, type AnyActorRef} from 'xstate';
import {HybridClock} from '../../src/causality/hlc.js';
import {Counters} from '../../src/counters.js';
import {Failpoints} from '../../src/failpoints.js';
import type {Clock} from '../../src/ports/clock.js';
import type {Random} from '../../src/ports/random.js';
import type {OpenReport, Storage} from '../../src/ports/storage.js';
import type {Transport} from '../../src/ports/transport.js';
import type {RestartPolicy} from '../../src/supervision.js';
import {describeError} from '../../src/supervision.js';
import type {Topology} from '../../src/topology/document.js';
import {bindStore, type StoreOptions} from '../store/store.effects.js';
import {bindTopology} from '../topology/topology.effects.js';
import {Assembly} from './assembly.js';
import {hostMachine} from './host.machine.js';
import type {Crew, HostEvent} from './host.messages.js';
import {describeTree, type TreeNode} from './tree.js';

export type HostPorts = {
  readonly clock: Clock;
  readonly random: Random;
  readonly storage: Storage;
  readonly transport: Transport;
  /** Ends the process as a power cut would: what the `exit` failpoint does. */
  readonly exit: () => void;
};

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
  readonly joinGraceMs: number;
  readonly drainMs: number;
  readonly greetEveryMs: number;
};

/** What a host tells whoever runs it. */
export type HostObserver = {
  readonly onReady: () => void;
  readonly onEvent: (kind: string, details: Readonly<Record<string, unknown>>) => void;
  readonly onStopped: () => void;
  readonly onFailed: (failure: unknown) => void;
};

export type RunningHost = {
  readonly counters: Counters;
  readonly failpoints: Failpoints;
  readonly stop: () => void;
  readonly tree: () => TreeNode;
};

export function startHost(ports: HostPorts, config: HostConfig, observer: HostObserver): RunningHost {
  const {clock, storage} = ports;
  const counters = new Counters();
  const failpoints = new Failpoints(ports.exit);
  const tell = (event: HostEvent) => {
    if (root.getSnapshot().status === 'active') {
      root.send(event);
    }
  };

  let opened: OpenReport | null = null;
  const store = bindStore(
    {
      storage,
      clock,
      failpoints,
      report: report => {
        opened = report.type === 'store.ready' ? report.report : opened;
        tell(report);
      },
    },
    config.store,
  );
  const topology = bindTopology({
    storage,
    commits: store.objects.commits,
    onCurrent: document => tell({type: 'host.topology', document}),
  });
  const shared = {
    ...ports,
    config,
    counters,
    failpoints,
    objects: store.objects,
    hybrid: new HybridClock(),
    mayContinue: () => opened?.clean === true && config.store.durability === 'fsync',
    child: (id: string) => (root.getSnapshot().children as Record<string, AnyActorRef | undefined>)[id],
    progress: () => tell({type: 'host.progress'}),
    tree: () => describeTree(root, config.id, path => depthOf(path)),
    emit: observer.onEvent,
  };

  let assembly: Assembly | null = null;
  const depthOf = (path: string): number => {
    const [, child = ''] = path.split('/');
    return child === 'store' ? store.objects.commits.depth : (assembly?.depthOf(child) ?? 0);
  };
  const crew: Crew = {
    store: () => store.machine,
    topology: () => topology,
    others: () => assembly?.children ?? [],
    make: child => {
      if (assembly === null) {
        throw new Error(`${child} was asked for before the topology was known`);
      }

      return assembly.make(child);
    },
  };

  const machine = hostMachine.provide({
    guards: {isReady: () => assembly?.isReady === true},
    actions: {
      assemble: ({event}) => {
        if (event.type === 'host.topology') {
          assembly = new Assembly(shared, event.document);
        }
      },
      tellReady: () => {
        assembly?.openDoors();
        observer.onReady();
      },
      tellCrash: (_, {child, error}) =>
        observer.onEvent('crash', {actor: child, error: describeError(error)}),
      scheduleRestart: (_, {child, delayMs}) => {
        clock.setTimeout(() => tell({type: 'host.restart', child}), delayMs);
      },
      closeDoors: () => assembly?.closeDoors(),
      closePartitions: () => assembly?.closePartitions(),
      tellStopped: () => observer.onStopped(),
      tellFailed: (_, {failure}) => observer.onFailed(failure),
    },
  });

  const root: ActorRefFrom<typeof hostMachine> = createActor(machine, {
    clock,
    input: {
      crew,
      storeInput: {syncEveryMs: config.store.syncEveryMs},
      topologyInput: {given: config.topology},
      restartPolicy: config.restartPolicy,
      joinGraceMs: config.joinGraceMs,
      drainMs: config.drainMs,
      nowMs: () => clock.nowMs(),
    },
  });
  // Without an observer xstate rethrows a failure of the root through a real timer.
  root.subscribe({error: failure => observer.onFailed(failure)});
  root.start();
  return {
    counters,
    failpoints,
    stop: () => tell({type: 'host.stop'}),
    tree: shared.tree,
  };
}
