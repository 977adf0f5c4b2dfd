/**
 * Gossip actors on simulated time, with nothing of a host but links between them: fast enough for
 * hours. A link behaves as one over a broker does: it is lost as soon as something is sent to
 * somebody who is gone, and made again as soon as both can hear each other.
 */
import {createActor} from 'xstate';
import {Gossip} from '../../actors/gossip/gossip.effects.js';
import {DEFAULT_HOST_CONFIG} from '../../src/config.js';
import {Counters} from '../../src/counters.js';
import {type Load, NO_LOAD} from '../../src/liveness/digest.js';
import type {GossipOptions} from '../../src/liveness/options.js';
import {Liveness, type HostState} from '../../src/liveness.js';
import type {Transport} from '../../src/ports/transport.js';
import {SimClock, type SimHostClock} from '../../src/sim/clock.js';
import {SimRandom} from '../../src/sim/random.js';
import type {HostItem, TakenItem} from '../../src/wire/host-items.js';

export type WorldOptions = {
  readonly hosts: number;
  readonly seed?: number;
  /** Chance that a message is lost. */
  readonly loss?: number;
  readonly gossip?: Partial<GossipOptions>;
};

/** One change of what a host holds another for. */
export type Change = {
  readonly atMs: number;
  readonly by: string;
  readonly host: string;
  readonly state: HostState;
  readonly evidence: string;
};

const DELAY_MS = {low: 0.2, high: 2};
const GREET_MS = 250;

export class GossipWorld {
  readonly clock = new SimClock();
  readonly changes: Change[] = [];
  readonly members: ReadonlyMap<string, Member>;
  readonly random: SimRandom;
  readonly loss: number;
  /** `from>to` for each direction that is cut. */
  readonly cuts = new Set<string>();
  readonly evictions: Array<{readonly by: string; readonly host: string}> = [];
  messages = 0;

  constructor(options: WorldOptions) {
    const {hosts, seed = 1, loss = 0, gossip = {}} = options;
    this.random = new SimRandom(seed);
    this.loss = loss;
    const ids = Array.from({length: hosts}, (_, index) => `h${index + 1}`);
    const given = {...DEFAULT_HOST_CONFIG.gossip, ...gossip};
    this.members = new Map(ids.map(id => [id, new Member(this, id, ids, given)]));
    for (const member of this.members.values()) {
      member.start();
    }
  }

  get ids(): string[] {
    return [...this.members.keys()];
  }

  member(id: string): Member {
    const member = this.members.get(id);
    if (member === undefined) {
      throw new RangeError(`there is no ${id}`);
    }

    return member;
  }

  pass(ms: number): void {
    this.clock.run(this.clock.nowMs() + ms);
  }

  /** What the first holds the second for. */
  view(by: string, host: string): HostState {
    return this.member(by).liveness.stateOf(host);
  }

  evidence(by: string, host: string): string {
    return this.member(by).gossip.report().hosts[host]?.evidence ?? '';
  }

  /** What all that are up hold the host for. */
  views(host: string): HostState[] {
    return this.ids
      .filter(by => by !== host && this.member(by).isUp)
      .map(by => this.view(by, host));
  }

  get convictions(): Change[] {
    return this.changes.filter(({state}) => state === 'down');
  }

  hears(from: string, to: string): boolean {
    const [sender, receiver] = [this.member(from), this.member(to)];
    const isCut = this.cuts.has(`${from}>${to}`);
    return sender.isConnected && receiver.isConnected && receiver.isUp && !isCut;
  }

  post(from: string, to: string, item: TakenItem): void {
    this.messages += 1;
    const life = this.member(from).lives;
    const delayMs = this.random.between(DELAY_MS.low, DELAY_MS.high);
    if (this.random.chance(this.loss)) {
      return;
    }

    this.clock.setTimeout(() => {
      if (this.cuts.has(`${from}>${to}`)) {
        return;
      }

      if (this.hears(from, to)) {
        this.member(to).receive(from, life, item);
      } else if (this.member(from).isConnected) {
        this.member(from).unheard(to);
      }
    }, delayMs);
  }
}

export class Member {
  liveness = new Liveness();
  counters = new Counters();
  load: Load = NO_LOAD;
  gossip!: Gossip;
  isUp = false;
  isConnected = true;
  lives = 0;
  wallOffsetMs = 0;
  #clock!: SimHostClock;
  /** By peer: the life that it is linked with. */
  readonly links = new Map<string, number>();
  #connected: Array<(connected: boolean) => void> = [];
  #actor: {stop: () => void} | null = null;
  #stalledUntilMs = 0;

  constructor(
    private readonly world: GossipWorld,
    readonly id: string,
    private readonly ids: readonly string[],
    private readonly options: GossipOptions,
  ) {}

  start(): void {
    const {world, id, ids} = this;
    this.lives += 1;
    this.isUp = true;
    this.liveness = new Liveness();
    this.#connected = [];
    this.#clock = world.clock.hostView(this.wallOffsetMs);
    const clock = this.#clock;
    const stalling = {
      nowMs: () => clock.nowMs(),
      wallMs: () => clock.wallMs(),
      setTimeout: (run: () => void, delayMs: number) =>
        clock.setTimeout(() => this.#whenAwake(clock, run), delayMs),
      clearTimeout: (timer: ReturnType<SimHostClock['setTimeout']>) => clock.clearTimeout(timer),
      endOfTurn: (run: () => void) => clock.endOfTurn(run),
    };
    this.gossip = new Gossip({
      self: id,
      peers: ids.filter(other => other !== id),
      options: this.options,
      clock: stalling,
      random: world.random.stream(`${id} ${this.lives}`),
      transport: this.#transport(),
      counters: this.counters,
      liveness: this.liveness,
      isLinked: peer => this.links.has(peer),
      send: (peer, item) => this.#send(peer, item),
      load: () => this.load,
      evict: peer => this.world.evictions.push({by: this.id, host: peer}),
      emit: (_, {peer, state, evidence}) =>
        world.changes.push({
          atMs: world.clock.nowMs(),
          by: id,
          host: String(peer),
          state: state as HostState,
          evidence: String(evidence),
        }),
    });
    const {machine, input} = this.gossip;
    const actor = createActor(machine, {clock: stalling, input});
    this.#actor = actor;
    actor.start();
    this.#greet();
  }

  /** The actor alone crashes, and is made anew. */
  restartActor(): void {
    this.#actor?.stop();
    const {machine, input} = this.gossip;
    const actor = createActor(machine, {clock: this.#clock, input});
    this.#actor = actor;
    actor.start();
  }

  kill(): void {
    this.isUp = false;
    this.#actor?.stop();
    this.#clock.stop();
    this.links.clear();
  }

  /** In order: its peers hear of it. */
  leave(): void {
    for (const peer of this.links.keys()) {
      const {gossip} = this.world.member(peer);
      this.world.member(peer).unlink(this.id);
      gossip.lost(this.id, 'goodbye');
    }

    this.kill();
  }

  /** Timers and messages wait for so long. */
  stall(ms: number): void {
    this.#stalledUntilMs = this.world.clock.nowMs() + ms;
  }

  loseBroker(): void {
    this.isConnected = false;
    for (const peer of this.links.keys()) {
      this.unlink(peer);
    }

    this.#connected.forEach(tell => tell(false));
  }

  findBroker(): void {
    this.isConnected = true;
    this.#connected.forEach(tell => tell(true));
  }

  unlink(peer: string): void {
    if (this.links.delete(peer)) {
      this.gossip.linked(peer, false);
    }
  }

  unheard(peer: string): void {
    this.#whenAwake(this.#clock, () => {
      this.unlink(peer);
      this.gossip.lost(peer, 'unheard');
    });
  }

  receive(from: string, life: number, item: TakenItem): void {
    const {lives} = this;
    this.#whenAwake(this.#clock, () => {
      // A frame of an earlier life is fenced.
      if (this.lives === lives && this.isUp && this.links.get(from) === life) {
        this.gossip.take(from, item);
      }
    });
  }

  #greet(): void {
    for (const peer of this.ids.filter(id => id !== this.id)) {
      const there = this.world.member(peer);
      const isBothWays = this.world.hears(this.id, peer) && this.world.hears(peer, this.id);
      if (this.isUp && isBothWays && this.links.get(peer) !== there.lives) {
        this.unlink(peer);
        this.links.set(peer, there.lives);
        this.gossip.linked(peer, true);
      }
    }

    this.#clock.setTimeout(() => this.#whenAwake(this.#clock, () => this.#greet()), GREET_MS);
  }

  #send(peer: string, item: HostItem): boolean {
    if (!this.links.has(peer)) {
      return false;
    }

    this.world.post(this.id, peer, item as TakenItem);
    return true;
  }

  #whenAwake(clock: SimHostClock, run: () => void): void {
    const leftMs = this.#stalledUntilMs - this.world.clock.nowMs();
    if (leftMs > 0) {
      clock.setTimeout(() => this.#whenAwake(clock, run), leftMs);
    } else {
      run();
    }
  }

  #transport(): Transport {
    // oxlint-disable-next-line typescript/no-this-alias -- a getter of another object needs it
    const member = this;
    return {
      get connected() {
        return member.isConnected;
      },
      maxPayloadBytes: 1_048_576,
      publish: () => {},
      subscribe: () => ({unsubscribe: () => {}, drain: () => {}}),
      onConnected: listener => {
        member.#connected.push(listener);
      },
      close: () => {},
    };
  }
}
