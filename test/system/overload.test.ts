/** More than hosts can do, and what they read too late, on real processes. */
import {setTimeout as sleep} from 'node:timers/promises';
import test, {type ExecutionContext} from 'ava';
import {createInbox, headers, type NatsConnection} from '@nats-io/transport-node';
import {getOp, operate} from '../helpers/ask-host.js';
import {startProcesses} from '../helpers/host-processes.js';
import {settled} from '../helpers/settled.js';
import {until} from '../helpers/until.js';

/** Longer than a stall, shorter than what the broker takes for a loss. */
const STOPPED_MS = 2_500;
/** More than three hosts ever begin with. */
const FLOOD = 10_000;
/** Fewer than a host ever refuses. */
const AT_ONCE = 50;
/** Far more than a host takes on of what is late. */
const LATE = 1_000;
/** Far longer than answers to a flood are apart. */
const QUIET_MS = 5_000;

type Answers = {readonly codes: ReadonlyMap<number, number>; readonly texts: ReadonlySet<string>};

/** Publishes all at once and waits for nothing; codes by number as they come. */
function flood(connection: NatsConnection, subjects: readonly string[]): Answers {
  const codes = new Map<number, number>();
  const texts = new Set<string>();
  const inbox = createInbox();
  connection.subscribe(`${inbox}.*`, {
    callback: (_, {subject, headers: told}) => {
      const code = told?.get('Nats-Service-Error-Code') ?? '';
      codes.set(Number(subject.slice(inbox.length + 1)), Number(code === '' ? 200 : code));
      texts.add(told?.get('Nats-Service-Error') ?? '');
    },
  });
  const fields = headers();
  fields.set('Quorate-Timeout-Ms', '60000');
  for (const [no, subject] of subjects.entries()) {
    const options = {reply: `${inbox}.${no}`, headers: fields};
    connection.publish(subject, Buffer.from(String(no)), options);
  }

  return {codes, texts};
}

/** Resolves once all are answered, or nothing more comes. */
async function quiet(codes: ReadonlyMap<number, number>): Promise<void> {
  let known = -1;
  while (codes.size < FLOOD && codes.size > known) {
    known = codes.size;
    await sleep(QUIET_MS);
  }
}

/** What keys of the flood hold, '' for nothing. */
async function valuesOf(
  connection: NatsConnection,
  numbers: readonly number[],
): Promise<Map<number, string>> {
  const values = new Map<number, string>();
  for (let first = 0; first < numbers.length; first += AT_ONCE) {
    const some = numbers.slice(first, first + AT_ONCE);
    const ops = some.map((no, place) => getOp(place, 'flood', `k${no}`, {timeoutMs: 30_000}));
    for (const [place, code, text, [value]] of await operate(connection, 'h1', ops, 40_000)) {
      if (code !== 200 && code !== 404) {
        throw new Error(text);
      }

      values.set(some[place] ?? -1, Buffer.from(value ?? []).toString());
    }
  }

  return values;
}

test.serial('overload: what is past a host is refused, what is acknowledged is kept', async t => {
  const cluster = await startProcesses(t);
  const connection = await cluster.connect();
  await settled(connection, cluster.ids);
  const subjects = Array.from({length: FLOOD}, (_, no) => `quorate.put.flood.k${no}`);
  const {codes, texts} = flood(connection, subjects);
  await quiet(codes);
  const those = (wanted: number) =>
    [...codes].flatMap(([no, code]) => (code === wanted ? [no] : []));
  const kept = those(200);
  const refused = those(429);
  t.log(`${kept.length} kept, ${refused.length} refused, ${FLOOD} in all`);
  t.true(kept.length > 0 && refused.length > 0);
  t.true([...texts].every(text => text === '' || /nothing was applied|retry/.test(text)));

  await settled(connection, cluster.ids);
  const found = await valuesOf(connection, kept);
  t.deepEqual(
    kept.filter(no => found.get(no) !== String(no)),
    [],
  );
  const absent = await valuesOf(connection, refused);
  t.deepEqual(
    refused.filter(no => absent.get(no) !== ''),
    [],
  );
});

test.serial(
  'overload: of much that waited while a host stood still most is refused, unexecuted',
  async t => {
    const {connection, afterStall, values} = await start(t);
    const codes = await afterStall(LATE);
    const of = (wanted: number) =>
      [...codes].filter(([, code]) => code === wanted).map(([no]) => no);
    const refused = of(429);
    t.log(`${refused.length} of ${LATE} refused`);
    t.true(refused.length > LATE / 2);
    t.is(of(200).length, LATE - refused.length);
    await settled(connection, ['h1', 'h2', 'h3']);
    t.deepEqual([...new Set((await values(refused)).values())], ['']);
    t.deepEqual(await values(of(200)), new Map(of(200).map(no => [no, String(no)])));
    const [again] = (await afterStall(1)).values();
    t.is(again, 200);
  },
);

test.serial('overload: the few that waited while a host stood still are served', async t => {
  const {afterStall} = await start(t);
  const codes = await afterStall(AT_ONCE);
  t.deepEqual([...new Set(codes.values())], [200]);
});

async function start(t: ExecutionContext) {
  const cluster = await startProcesses(t);
  const connection = await cluster.connect();
  await settled(connection, cluster.ids);
  return {
    connection,
    /** The codes of so many puts that reach a host while it stands still. */
    afterStall: async (count: number): Promise<ReadonlyMap<number, number>> => {
      cluster.host('h2').signal('SIGSTOP');
      await sleep(STOPPED_MS);
      const subjects = Array.from({length: count}, (_, no) => `quorate.c.h2.put.flood.k${no}`);
      const {codes} = flood(connection, subjects);
      await connection.flush();
      cluster.host('h2').signal('SIGCONT');
      await until(() => codes.size === count);
      return codes;
    },
    values: (numbers: readonly number[]) => valuesOf(connection, numbers),
  };
}
