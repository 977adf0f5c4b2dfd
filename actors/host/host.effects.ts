/**
 * Composes one host from its ports: binds every machine, and starts the root.
 *
 * The same composition runs in production and in the simulator; only the ports differ.
 */
import {createActor, type ActorRefFrom, type AnyActorRef} from 'xstate';
import {HybridClock} from '../../src/causality/hlc.js';
import {Counters} from '../../src/counters.js';
import {Failpoints} from '../../src/failpoints.js';
import {Liveness} from '../../src/liveness.js';
import type {OpenReport, SalvageReport} from '../../src/ports/storage.js';
import {describeError} from '../../src/supervision.js';
import {bindStore} from '../store/store.effects.js';
import type {StoreReport} from '../store/store.messages.js';
import {bindTopology} from '../topology/topology.effects.js';
import {Assembly} from './assembly.js';
import type {HostConfig} from './config.js';
import {hostMachine} from './host.machine.js';
import type {Crew, HostEvent, HostInput} from './host.messages.js';
import type {HostPorts, Shared} from './shared.js';
import {describeTree, type TreeNode} from './tree.js';

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

/** Starts at once; `observer.onReady` says when the host serves. */
export function startHost(
  ports: HostPorts,
  config: HostConfig,
  observer: HostObserver,
): RunningHost {
  const host = new Composition(ports, config, observer);
  return {
    counters: host.counters,
    failpoints: host.failpoints,
    stop: () => host.tell({type: 'host.stop'}),
    tree: () => host.tree(),
  };
}

class Composition {
  readonly counters = new Counters();
  readonly failpoints: Failpoints;
  readonly #store: ReturnType<typeof bindStore>;
  readonly #root: ActorRefFrom<typeof hostMachine>;
  #opened: OpenReport | null = null;
  #assembly: Assembly | null = null;

  constructor(
    private readonly ports: HostPorts,
    private readonly config: HostConfig,
    private readonly observer: HostObserver,
  ) {
    const {clock, storage} = ports;
    this.failpoints = new Failpoints(ports.exit);
    this.#store = bindStore(
      {storage, clock, failpoints: this.failpoints, report: report => this.#hearStore(report)},
      config.store,
    );
    this.#root = createActor(this.#bindHost(), {clock, input: this.#input()});
    // Without an observer xstate rethrows a failure of the root through a real timer.
    this.#root.subscribe({error: failure => observer.onFailed(failure)});
    this.#root.start();
  }

  tell(event: HostEvent): void {
    if (this.#root.getSnapshot().status === 'active') {
      this.#root.send(event);
    }
  }

  tree(): TreeNode {
    return describeTree(this.#root, this.config.id, path => this.#depthOf(path));
  }

  #hearStore(report: StoreReport): void {
    if (report.type === 'store.ready') {
      this.#opened = report.report;
      this.#tellSalvaged(report.report.salvaged);
    } else if (report.type === 'store.salvaging') {
      const {why, records, bytes} = report;
      this.observer.onEvent('salvaging', {why, records, bytes});
    }

    this.tell(report);
  }

  #tellSalvaged(salvaged: SalvageReport | null): void {
    if (salvaged !== null) {
      this.counters.add('store_salvages');
      this.counters.add('store_salvaged_records', salvaged.records);
      this.counters.add('store_damaged_places', salvaged.damagedPlaces);
      this.observer.onEvent('salvaged', salvaged);
    }
  }

  #depthOf(path: string): number {
    const [, child = ''] = path.split('/');
    return child === 'store'
      ? this.#store.objects.commits.depth
      : (this.#assembly?.depthOf(child) ?? 0);
  }

  #input(): HostInput {
    const {config, ports} = this;
    return {
      crew: this.#crew(),
      storeInput: {syncEveryMs: config.store.syncEveryMs},
      topologyInput: {given: config.topology},
      restartPolicy: config.restartPolicy,
      joinGraceMs: config.joinGraceMs,
      drainMs: config.drainMs,
      nowMs: () => ports.clock.nowMs(),
    };
  }

  #crew(): Crew {
    const topology = bindTopology({
      storage: this.#store.storage,
      commits: this.#store.objects.commits,
      onCurrent: document => this.tell({type: 'host.topology', document}),
    });
    return {
      store: () => this.#store.machine,
      topology: () => topology,
      others: () => this.#assembly?.children ?? [],
      make: child => {
        if (this.#assembly === null) {
          throw new Error(`${child} was asked for before the topology was known`);
        }

        return this.#assembly.make(child);
      },
    };
  }

  #bindHost() {
    const {observer, ports} = this;
    return hostMachine.provide({
      guards: {isReady: () => this.#assembly?.isReady === true},
      actions: {
        assemble: ({event}) => {
          if (event.type === 'host.topology') {
            this.#assembly = new Assembly(this.#shared(), event.document);
          }
        },
        openDoors: () => this.#openDoors(),
        tellReady: () => observer.onReady(),
        tellCrash: (_, {child, error}) =>
          observer.onEvent('crash', {actor: child, error: describeError(error)}),
        scheduleRestart: (_, {child, delayMs}) => {
          ports.clock.setTimeout(() => this.tell({type: 'host.restart', child}), delayMs);
        },
        closeDoors: () => this.#assembly?.closeDoors(() => this.tell({type: 'host.doorsClosed'})),
        // Nothing that still ticks may keep the process of a host that has failed.
        shutDoors: () => this.#assembly?.closeDoors(() => undefined),
        closeServices: () => this.#assembly?.closeServices(),
        leave: () => this.#leave(),
        tellStopped: () => observer.onStopped(),
        tellFailed: (_, {failure}) => observer.onFailed(failure),
      },
    });
  }

  #leave(): void {
    const left = () => this.tell({type: 'host.left'});
    if (this.#assembly === null) {
      this.ports.clock.endOfTurn(left);
    } else {
      this.#assembly.leave(left);
    }
  }

  /**
   * An outage in between may swallow the broker's word; once it is over the broker knows as well.
   */
  #openDoors(): void {
    const open = () => this.tell({type: 'host.doorsOpen'});
    this.ports.transport.onConnected(connected => connected && open());
    this.#assembly?.openDoors(open);
  }

  #shared(): Shared {
    return {
      ...this.ports,
      storage: this.#store.storage,
      config: this.config,
      counters: this.counters,
      failpoints: this.failpoints,
      objects: this.#store.objects,
      hybrid: new HybridClock(),
      liveness: new Liveness(),
      commitMs: this.#store.commitMs,
      mayContinue: () => this.#opened?.clean === true && this.config.store.durability === 'fsync',
      isFresh: () => this.#opened?.fresh === true,
      child: id => (this.#root.getSnapshot().children as Children)[id],
      progress: () => this.tell({type: 'host.progress'}),
      tree: () => this.tree(),
      emit: this.observer.onEvent,
    };
  }
}

type Children = Readonly<Record<string, AnyActorRef | undefined>>;
