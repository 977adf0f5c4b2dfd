/**
 * Barrier: finds out whether anything older than this moment is left anywhere of some partitions,
 * besides what their owners hold. It asks every host of the cluster three times: that nothing is
 * kept for the owners; that all it had under way has arrived; and again that nothing is kept, nor
 * was meanwhile. (What arrives may arrive at a stand-in, and what a stand-in keeps may have been
 * read, and be under way once more, when it is gone from there.)
 *
 * Invariants:
 *   1. One host that does not answer, or cannot say, and nothing is proven.
 *   2. No host was started anew between its first answer and its last: what owners say in between
 *      (`amid`) they have not forgotten since.
 */
import {Code} from '../../src/errors.js';
import {ITEM, type AskItem} from '../../src/wire/host-items.js';
import {
  decodeKeptTold,
  encodeKeptAsked,
  PURGE_QUESTION,
  type KeptTold,
} from '../../src/wire/purge-questions.js';
import type {Errands} from '../link/errands.js';
import type {HostAnswers} from './host-answers.js';
import {SETTLE_MS_MAX} from './settling.js';

export type BarrierPorts = {
  readonly peers: readonly string[];
  readonly errands: Pick<Errands, 'ask'>;
  /** Of the topology. */
  readonly epoch: number;
  /** What this host answers itself. */
  readonly own: HostAnswers;
};

export type Passed = {
  /** Partitions of which nothing older is left. */
  readonly free: ReadonlySet<number>;
  /** Why the others are not among them; '' when there are none. */
  readonly why: string;
};

type Kept = ReadonlyMap<string, KeptTold>;

const QUICK_MS = 10_000;

export function passBarrier(
  ports: BarrierPorts,
  partitions: readonly number[],
  amid: (next: () => void) => void,
  done: (passed: Passed) => void,
): void {
  const fail = (why: string) => done({free: new Set(), why});
  askKept(ports, partitions, before => {
    if (typeof before === 'string') {
      fail(before);
      return;
    }

    amid(() =>
      askSettled(ports, why => {
        if (why !== '') {
          fail(why);
          return;
        }

        askKept(ports, partitions, after => {
          if (typeof after === 'string') {
            fail(after);
          } else {
            done(judge(partitions, before, after));
          }
        });
      }),
    );
  });
}

function judge(partitions: readonly number[], before: Kept, after: Kept): Passed {
  const moved = [...after].find(([host, {stamp}]) => before.get(host)?.stamp !== stamp);
  if (moved !== undefined) {
    return {free: new Set(), why: `${moved[0]} has kept a hint meanwhile`};
  }

  const holder = [...before, ...after].find(([, told]) => told.partitions.length > 0);
  const kept = new Set([...before.values(), ...after.values()].flatMap(told => told.partitions));
  return {
    free: new Set(partitions.filter(partition => !kept.has(partition))),
    why: holder === undefined ? '' : `${holder[0]} keeps hints that are not delivered yet`,
  };
}

function askKept(
  {peers, errands, epoch, own}: BarrierPorts,
  partitions: readonly number[],
  done: (kept: Kept | string) => void,
): void {
  const kept = new Map<string, KeptTold>();
  const gather = gatherer(peers.length + 1, why => done(why === '' ? kept : why));
  const take = (host: string, told: KeptTold | null): void => {
    if (told !== null) {
      kept.set(host, told);
    }

    gather(told === null ? `${host} cannot say what it keeps` : '');
  };
  const body = encodeKeptAsked(partitions);
  for (const peer of peers) {
    errands.ask(
      peer,
      no => question(no, epoch, PURGE_QUESTION.kept, body),
      QUICK_MS,
      answer => {
        const isTold = answer?.[0] === ITEM.told && answer[2] === Code.ok;
        take(peer, isTold ? decodeKeptTold(answer[4]) : null);
      },
    );
  }

  own.kept(partitions, told => take('this host', told));
}

function askSettled({peers, errands, epoch, own}: BarrierPorts, done: (why: string) => void): void {
  const gather = gatherer(peers.length + 1, done);
  const body = new Uint8Array(0);
  for (const peer of peers) {
    errands.ask(
      peer,
      no => question(no, epoch, PURGE_QUESTION.settle, body),
      2 * SETTLE_MS_MAX,
      answer => {
        const isSettled = answer?.[0] === ITEM.told && answer[2] === Code.ok;
        gather(isSettled ? '' : `${peer} has not settled what it had under way`);
      },
    );
  }

  own.settle(isSettled => gather(isSettled ? '' : 'this host cannot reach all others'));
}

/** Tells the first reason that is not empty, or '', once so many have answered. */
function gatherer(count: number, done: (why: string) => void): (why: string) => void {
  let left = count;
  let first = '';
  return why => {
    left -= 1;
    first = first === '' ? why : first;
    if (left === 0) {
      done(first);
    }
  };
}

function question(no: number, epoch: number, kind: number, body: Uint8Array): AskItem {
  return [ITEM.ask, no, 0, epoch, kind, body];
}
