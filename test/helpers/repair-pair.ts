/**
 * Two owners of one partition, each with a vnode over a store of its own, and what repair says
 * between them.
 */
import {createActor} from 'xstate';
import {Errands} from '../../actors/link/errands.js';
import {Gate} from '../../actors/partition/gate.js';
import {bindPartition} from '../../actors/partition/partition.effects.js';
import {bindRepair, RepairDesk} from '../../actors/repair/repair.effects.js';
import type {VnodeOperation} from '../../actors/vnode/vnode.messages.js';
import {Counters} from '../../src/counters.js';
import {Mailbox} from '../../src/mailbox.js';
import type {Clock} from '../../src/ports/clock.js';
import type {StorageFailure} from '../../src/ports/storage.js';
import type {Window} from '../../src/repair/window.js';
import {CheckedStorage} from '../../src/store/checked-storage.js';
import {SimClock} from '../../src/sim/clock.js';
import {SimRandom} from '../../src/sim/random.js';
import {ITEM, type AnswerItem, type HostItem} from '../../src/wire/host-items.js';
import {pack} from '../../src/wire/pack.js';
import {startStore} from './store-bed.js';

export const EVERY_MS = 10_000;
const NET_MS = 1;
const restartPolicy = {firstDelayMs: 100, delayMsMax: 400, restartsMax: 5, windowMs: 60_000};

export type Owner = ReturnType<RepairPair['own']>;

export type PairOptions = {readonly window?: Window | null; readonly wallMs?: () => number};

export class RepairPair {
  readonly clock = new SimClock();
  /** All that travelled, both ways. */
  bytes = 0;
  readonly first: Owner;
  readonly second: Owner;
  /** What hosts are asked before they compare; to be set by a test. */
  busy: string | null = null;
  hinted: string | null = null;
  readonly #hosts = new Map<string, Owner>();

  constructor(private readonly options: PairOptions = {}) {
    const random = new SimRandom(1);
    this.first = this.own('h1', 'h2', random.stream('h1'));
    this.second = this.own('h2', 'h1', random.stream('h2'));
    this.#hosts.set('h1', this.first).set('h2', this.second);
    for (const {desk} of this.#hosts.values()) {
      desk.linked('h1');
      desk.linked('h2');
    }

    // What the first one asked before the second was there has to be asked again.
    this.pass(3_000);
  }

  pass(ms: number): void {
    this.clock.run(this.clock.nowMs() + ms);
  }

  own(id: string, peer: string, random: SimRandom) {
    const {clock, options} = this;
    const bed = startStore(random, clock);
    const mailbox = new Mailbox<VnodeOperation>(clock, 100_000);
    const gate = new Gate(0, 1, ['h1', 'h2'], mailbox);
    const counters = new Counters();
    const damage: StorageFailure[] = [];
    const errands = new Errands({clock, send: (to, item) => this.#send(id, to, item)});
    const desk = new RepairDesk(
      {
        ...bed,
        clock: withWall(clock, options.wallMs ?? (() => clock.wallMs())),
        self: id,
        counters,
        errands,
        gates: new Map([[0, gate]]),
        pairs: [{partition: 0, peer, copies: [3], isOurs: id === 'h1'}],
        isFresh: true,
        incarnationOf: () => 'life',
        isBusy: host => this.busy === host,
        hasHintsFor: host => this.hinted === host,
        storage: new CheckedStorage(bed.storage, failure => damage.push(failure)),
        prove: () => partition.send({type: 'partition.proven'}),
        onCrash: (exchange, error) => {
          throw new Error(`${exchange}: ${error}`);
        },
      },
      {
        everyMs: EVERY_MS,
        pauseMs: 500,
        exchangesAtOnce: 2,
        keysPerSecond: 100_000,
        window: options.window ?? null,
      },
    );
    const partition = createActor(
      bindPartition({
        ...bed,
        gate,
        onGate: opened => desk.gateChanged(opened),
        onCrash: (_, error) => {
          throw new Error(error);
        },
        onStalled: () => {},
      }),
      {
        clock,
        input: {partition: 0, mayContinue: true, restartPolicy, nowMs: () => clock.nowMs()},
      },
    );
    partition.start();
    const repair = createActor(bindRepair(desk), {
      clock,
      input: {tickMs: 100, next: () => desk.next()},
    });
    repair.start();
    return {...bed, id, gate, desk, errands, counters, damage};
  }

  #send(from: string, to: string, item: HostItem): boolean {
    this.bytes += pack(item).length;
    this.clock.setTimeout(() => this.#deliver(from, to, item), NET_MS);
    return true;
  }

  #deliver(from: string, to: string, item: HostItem): void {
    const host = this.#hosts.get(to);
    const answer = (told: AnswerItem) => {
      this.bytes += pack(told).length;
      this.clock.setTimeout(() => this.#hosts.get(from)?.errands.answer(to, told), NET_MS);
      return true;
    };
    if (item[0] === ITEM.ask) {
      host?.desk.take(from, item, answer);
    } else if (item[0] === ITEM.merge) {
      const [, no, , epoch, name, bytes] = item;
      const done = (code: number) => answer([ITEM.merged, no, code, '']);
      const refused = host?.gate.post(
        {kind: 'merge', name, bytes, done: rejection => done(rejection?.code ?? 200)},
        epoch,
      );
      if (refused !== null && refused !== undefined) {
        done(refused.code);
      }
    }
  }
}

function withWall(clock: SimClock, wallMs: () => number): Clock {
  return {
    nowMs: () => clock.nowMs(),
    wallMs,
    setTimeout: (run, delayMs) => clock.setTimeout(run, delayMs),
    clearTimeout: id => clock.clearTimeout(id),
    endOfTurn: run => clock.endOfTurn(run),
  };
}
