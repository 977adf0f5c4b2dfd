/**
 * Swarm: the parameters of one run, drawn from its seed. Each run meets other faults, other loads
 * and other shapes, and leaves many out altogether: what hides behind one feature shows once that
 * is off. (Groce et al., "Swarm Testing", 2012.)
 */
import type {Verb} from '../subjects.js';
import type {BucketFlag} from '../topology/policy.js';
import type {Durability} from '../../actors/store/store.effects.js';
import {EVENTS, type FaultEvent, type FaultKind, type Faults} from './faults.js';
import type {Range} from './network-faults.js';
import type {SimRandom} from './random.js';

export type Mix = {
  /** The verb of each operation is picked from these. */
  readonly verbs: readonly Verb[];
  readonly buckets: readonly string[];
  /** R of each read and W of each write are picked from these; `ANY_COUNT` is some number. */
  readonly quorums: {readonly r: readonly string[]; readonly w: readonly string[]};
  readonly hotKeys: number;
  readonly coldKeys: number;
  readonly hotChance: number;
  /** Chance that a write can be recognised when it is tried again. */
  readonly idChance: number;
  /** Chance that a write carries the context that its client was given last. */
  readonly contextChance: number;
  /** Chance that a turn of a client is a burst. */
  readonly burstChance: number;
  readonly thinkMs: Range;
};

export type Swarm = {
  readonly hosts: number;
  readonly partitions: number;
  /** Copies of each key, unless its bucket says less. */
  readonly n: number;
  readonly buckets: readonly BucketFlag[];
  /** Whether the broker maps plain requests to partitions. */
  readonly isMapped: boolean;
  readonly durability: Durability;
  /** Of each host's object cache: the less, the more is read from disk. */
  readonly cacheBytes: number;
  readonly clients: number;
  readonly operations: number;
  readonly mix: Mix;
  readonly timeoutMs: number;
  readonly network: {
    readonly delayMs: Range;
    readonly loss: number;
    readonly reorder: number;
    readonly repeat: number;
    readonly detectMs: Range;
  };
  /** The kinds of events that happen, each so many milliseconds after the last of its kind. */
  readonly everyMs: ReadonlyMap<FaultEvent, number>;
  /** How long a host stays down. */
  readonly downMs: Range;
  /** How far a clock jumps at most, either way. */
  readonly jumpMsMax: number;
  /** All clocks stay close to each other. */
  readonly isTimeKnown: boolean;
  /** How old deletes are when hosts forget them; null when none is forgotten in the run. */
  readonly purgeAgeMs: number | null;
  /** 0 retires entries whenever it can. */
  readonly spentPerCopy: number;
};

/** Stands for a count from one to as many as there are copies. */
export const ANY_COUNT = 'any';
const USUAL = ['', '', '', 'one', 'quorum', 'all', ANY_COUNT];

/** Chance that a kind of fault is on in a run. */
const ON_CHANCE = 0.4;
/** So many times rarer than the others, since they leave little to watch for a while. */
const RARER: Partial<Record<FaultEvent, number>> = {blackout: 5, broker: 3, wipe: 4, rot: 2};
const MINUTE_MS = 60_000;
const KNOWN_JUMP_MS_MAX = 5_000;

export function drawSwarm(random: SimRandom, faults: Faults): Swarm {
  const shape = random.stream('shape');
  const hosts = 3 + shape.below(4);
  const n = shape.pick([3, 3, 3, 3, 2, Math.min(5, hosts), 1]);
  const isHarsh = faults.some(kind => EVENTS.some(event => event === kind));
  const fate = random.stream('faults');
  const everyMs = drawEvents(fate, faults);
  const downMs = fate.pick<Range>([
    [20, 100],
    [20, 800],
    [500, 8_000],
  ]);
  const jumpMsMax = fate.pick([100, 5_000, MINUTE_MS, 10 * MINUTE_MS]);
  // What was deleted at a time that is yet to come is forgotten after that.
  const isTimeKnown = !everyMs.has('clock jump') || jumpMsMax <= KNOWN_JUMP_MS_MAX;
  const purgeAgeMs = random.stream('purge').pick([null, null, 700, 3_000]);
  return {
    hosts,
    partitions: shape.pick([1, 2, 3, 5, 7, 13]),
    n,
    buckets: bucketsFor(n),
    isMapped: shape.chance(0.7),
    durability: isHarsh ? shape.pick(['fsync', 'fsync', 'fsync', 'interval', 'none']) : 'fsync',
    cacheBytes: random.stream('cache').pick([256, 2_048, 12 * 1024]),
    clients: 3 + shape.below(3),
    operations: 150 + shape.below(150),
    mix: drawMix(random.stream('mix')),
    timeoutMs: shape.pick([100, 400, 400, 1_000]),
    network: drawNetwork(random.stream('weather'), faults),
    everyMs,
    downMs,
    jumpMsMax,
    isTimeKnown,
    purgeAgeMs: isTimeKnown ? purgeAgeMs : null,
    spentPerCopy: random.stream('spent').pick([0, 0, 1]),
  };
}

/** One line, for people. */
export function describeSwarm(swarm: Swarm): string {
  const {hosts, partitions, n, isMapped, durability, operations, clients, network, mix} = swarm;
  const {r, w} = mix.quorums;
  const {delayMs, loss, reorder, repeat} = network;
  const events = [...swarm.everyMs].map(([kind, ms]) => `${kind} every ${ms} ms`);
  return [
    `${hosts} hosts, ${partitions} partitions, n ${n}, ${isMapped ? 'mapped' : 'not mapped'}`,
    `durability ${durability}, cache ${swarm.cacheBytes} bytes`,
    `R ${wordsOf(r)}, W ${wordsOf(w)}, ${operations} operations of ${clients} clients`,
    `timeout ${swarm.timeoutMs} ms, think ${mix.thinkMs.join(' to ')} ms`,
    `keys ${mix.hotKeys} hot and ${mix.coldKeys} cold of ${mix.buckets.join(' ')}`,
    `delay to ${delayMs[1]} ms, loss ${loss}, reorder ${reorder}, repeat ${repeat}`,
    `down ${swarm.downMs.join(' to ')} ms`,
    swarm.purgeAgeMs === null ? 'nothing is forgotten' : `forgotten after ${swarm.purgeAgeMs} ms`,
    `${swarm.spentPerCopy} spent entries a copy`,
    events.length === 0 ? 'no events' : events.join(', '),
  ].join('; ');
}

function wordsOf(quorums: readonly string[]): string {
  return [...new Set(quorums.map(word => (word === '' ? 'unsaid' : word)))].join('|');
}

/** `plain` is the bucket without a policy of its own. */
function bucketsFor(n: number): readonly BucketFlag[] {
  return [
    {bucket: 'latest', policy: {conflicts: 'lww'}},
    {bucket: 'few', policy: {n: Math.min(2, n)}},
    {bucket: 'packed', policy: {compression: 'deflate', maxSiblings: 4}},
    {bucket: 'strict', policy: {quorum: 'strict'}},
  ];
}

function drawMix(random: SimRandom): Mix {
  const buckets = ['plain', 'latest', 'few', 'packed', 'strict'];
  return {
    verbs: random.pick<readonly Verb[]>([
      ['get', 'get', 'get', 'put', 'put', 'put', 'put', 'del'],
      ['get', 'put', 'put', 'put', 'put', 'put'],
      ['get', 'get', 'get', 'put', 'put', 'del', 'del'],
      ['get', 'get', 'get', 'get', 'get', 'put'],
    ]),
    buckets: random.chance(0.5) ? buckets : random.shuffle(buckets).slice(0, 1 + random.below(2)),
    quorums: random.stream('quorums').pick([
      {r: USUAL, w: USUAL},
      {r: USUAL, w: USUAL},
      {r: ['quorum'], w: ['quorum']},
      {r: ['one'], w: ['all']},
      {r: ['all'], w: ['one']},
    ]),
    hotKeys: 1 + random.below(3),
    coldKeys: random.pick([4, 12, 40]),
    hotChance: random.pick([0.2, 0.7, 0.95]),
    idChance: random.pick([0.2, 0.75, 1]),
    contextChance: random.pick([0.1, 0.5, 0.9]),
    burstChance: random.pick([0, 0.01, 0.05]),
    thinkMs: random.pick<Range>([
      [1, 20],
      [1, 60],
      [1, 60],
      [20, 300],
    ]),
  };
}

function drawNetwork(random: SimRandom, faults: Faults): Swarm['network'] {
  const drawn = (kind: FaultKind, chances: readonly number[]) =>
    faults.includes(kind) ? random.pick(chances) : 0;
  const longest = faults.includes('delay') ? random.pick([1, 5, 20, 100]) : 1;
  return {
    delayMs: [0.1, longest],
    loss: drawn('loss', [0, 0.005, 0.03]),
    reorder: drawn('reorder', [0, 0.05, 0.3]),
    repeat: drawn('repeat', [0, 0, 0.02, 0.2]),
    detectMs: random.pick<Range>([
      [4_000, 6_000],
      [200, 1_500],
    ]),
  };
}

function drawEvents(random: SimRandom, faults: Faults): ReadonlyMap<FaultEvent, number> {
  const all = EVENTS.map(kind => ({
    kind,
    isOn: random.chance(ON_CHANCE),
    everyMs: random.pick([400, 1_200, 4_000]) * (RARER[kind] ?? 1),
  }));
  return new Map(
    all
      .filter(({kind, isOn}) => isOn && faults.includes(kind))
      .map(({kind, everyMs}) => [kind, everyMs]),
  );
}
