/**
 * Ten thousand random messages to everything that a client can reach. The title tells the seed;
 * NOISE_SEED=<n> repeats one.
 */
import {setFlagsFromString} from 'node:v8';
import {runInNewContext} from 'node:vm';
import {headers, type MsgHdrs} from '@nats-io/transport-node';
import test from 'ava';
import {Packr} from 'msgpackr';
import {SystemRandom} from '../../src/adapters/system-random.js';
import {partitionOf} from '../../src/ring/partition.js';
import {SimRandom} from '../../src/sim/random.js';
import {encodeData, encodeGreeting, FRAME} from '../../src/wire/host-frames.js';
import {ITEM} from '../../src/wire/host-items.js';
import {startCluster} from '../helpers/cluster.js';
import {until} from '../helpers/until.js';
import {type Bed, contentsOf, counted, fill, health} from './contents.js';
import {RawClient} from './raw-client.js';

const MESSAGES = 10_000;
/** Few enough at a time that no host sheds load. */
const CHUNK = 1_000;
const GROWTH_BYTES_MAX = 24 * 1024 * 1024;

const seed = Number(process.env['NOISE_SEED'] ?? new SystemRandom().below(2 ** 31));
const random = new SimRandom(seed);
const packr = new Packr({useRecords: false});

const pick = <Item>(items: readonly Item[]): Item => items[random.below(items.length)] as Item;
const noiseBytes = () => random.bytes(random.below(random.chance(0.02) ? 8192 : 200));

/**
 * Right but for a few bytes. What is asked for concerns noise alone, so that no luck can hit other
 * keys.
 */
function mangled(whole: Uint8Array): Uint8Array {
  const bytes = Uint8Array.from(whole);
  for (let change = random.below(4); change > 0; change--) {
    bytes[random.below(bytes.length)] = random.below(256);
  }

  return random.chance(0.3) ? bytes.subarray(0, random.below(bytes.length + 1)) : bytes;
}

const OPTIONS = ['', '1', 'all', 'none', '0', '5000', 'x'];
const clientFrame = () =>
  packr.pack([
    1,
    pick(['ops', 'ops', 'ask']),
    Array.from({length: 1 + random.below(3)}, (_, no) => [
      no,
      pick(['get', 'put', 'del']),
      'noise',
      `k${random.below(50)}`,
      pick([null, noiseBytes()]),
      Array.from({length: 5}, () => pick(OPTIONS)),
    ]),
  ]);

function hostFrame(cluster: string): Uint8Array {
  const envelope = {
    cluster,
    from: pick(['h2', 'h3', 'h9']),
    fromIncarnation: Buffer.from(random.bytes(16)).toString('base64url'),
    toIncarnation: Buffer.from(random.bytes(16)).toString('base64url'),
    epoch: random.below(3),
  };
  return random.chance(0.5)
    ? encodeData(envelope, [[ITEM.merge, 1, random.below(67), 1, 'noise.k', noiseBytes()]])
    : encodeGreeting(pick([FRAME.hello, FRAME.welcome]), envelope, 'h1', random.bytes(32));
}

const NAMES = ['Quorate-R', 'Quorate-W', 'Quorate-Context', 'Quorate-Timeout-Ms', 'Quorate-Accept'];
function noiseHeaders(): MsgHdrs | undefined {
  if (random.chance(0.5)) {
    return undefined;
  }

  const made = headers();
  for (let count = random.below(4); count > 0; count--) {
    const name = pick([...NAMES, 'Nats-Msg-Id', 'Quorate-X', 'X-Other']);
    made.append(
      name,
      pick([...OPTIONS, 'siblings', Buffer.from(noiseBytes()).toString('base64url')]),
    );
  }

  return made;
}

type Target = {readonly subject: () => string; readonly payload: () => Uint8Array};

/** Everything that answers each message once. */
function answering(partition: number): Target[] {
  const any = () => pick([noiseBytes, clientFrame, () => mangled(clientFrame())])();
  const key = () => `noise.k${random.below(50)}`;
  return [
    {subject: () => `quorate.get.${key()}`, payload: any},
    {subject: () => `quorate.put.${key()}`, payload: any},
    {subject: () => `quorate.del.${key()}`, payload: any},
    {subject: () => `quorate.put.noise.a.b.c.d.e.f.g.h${random.below(50)}`, payload: any},
    {subject: () => `quorate.p.${partition}.${pick(['get', 'put', 'no'])}.${key()}`, payload: any},
    {subject: () => 'quorate.c.h1', payload: any},
    {subject: () => `quorate.c.h3.${pick(['get', 'put', 'del', 'no'])}.${key()}`, payload: any},
    {subject: () => 'quorate.info', payload: any},
    {subject: () => `$SRV.${pick(['PING', 'INFO', 'STATS'])}.quorate.h2`, payload: any},
  ];
}

/** Sends so many messages to each target, and waits until each message is answered. */
async function makeNoise(
  {client}: Bed,
  targets: readonly Target[],
  messages: number,
): Promise<void> {
  const unanswered = new Set<string>();
  const inbox = client.connection.subscribe('_INBOX.noise.>', {
    callback: (_, message) => {
      unanswered.delete(message.subject);
    },
  });
  for (let sent = 1; sent <= messages; sent++) {
    for (const [index, {subject, payload}] of targets.entries()) {
      const told = noiseHeaders();
      const reply = `_INBOX.noise.${index}.${sent}`;
      unanswered.add(reply);
      const options = told === undefined ? {reply} : {reply, headers: told};
      client.connection.publish(subject(), payload(), options);
    }

    if (sent % CHUNK === 0) {
      await until(() => unanswered.size === 0);
    }
  }

  inbox.unsubscribe();
}

function heapBytes(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().heapUsed;
}

test.serial(
  `noise: hosts answer or count it, keep what they hold, and stay small (seed ${seed})`,
  async t => {
    const cluster = await startCluster(t);
    const bed = {cluster, client: await RawClient.connect(t, cluster.url)};
    const names = await fill(bed);
    const before = await contentsOf(bed, names);
    const targets = answering(partitionOf('noise.k1', cluster.topology.partitions));

    await makeNoise(bed, targets, MESSAGES / 2);
    const half = heapBytes();
    await makeNoise(bed, targets, MESSAGES / 2);
    const grown = heapBytes() - half;

    t.deepEqual(await contentsOf(bed, names), before);
    t.deepEqual(await health(bed), []);
    t.true(grown < GROWTH_BYTES_MAX, `the heap grew by ${grown} bytes`);
  },
);

test.serial(
  `noise: on host subjects each message is counted, and no link breaks (seed ${seed})`,
  async t => {
    const cluster = await startCluster(t);
    const client = await RawClient.connect(t, cluster.url);
    const bed = {cluster, client};
    const kept = await fill(bed);
    const before = await contentsOf(bed, kept);
    const events = cluster.host('h1').events.length;
    const kinds = ['frames_malformed', 'frames_foreign', 'frames_fenced', 'frames_forged'];
    const payload = () =>
      pick([
        noiseBytes,
        clientFrame,
        () => hostFrame(cluster.topology.cluster.id),
        () => mangled(hostFrame(cluster.topology.cluster.id)),
      ])();
    const lanes = ['data', 'bulk', 'gossip', 'admin', 'unheard.h2'];
    let sent = counted(bed, ...kinds);
    for (let round = 0; round < MESSAGES; round += CHUNK) {
      for (let message = 0; message < CHUNK; message++) {
        for (const lane of lanes) {
          client.publish(`quorate.h.h1.${lane}`, payload());
          sent += 1;
        }
      }

      await until(() => counted(bed, ...kinds) === sent);
    }

    t.deepEqual(await contentsOf(bed, kept), before);
    t.deepEqual(await health(bed), []);
    t.is(cluster.host('h1').events.length, events);
  },
);
