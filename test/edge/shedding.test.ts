import test from 'ava';
import type {Answer, Request} from '../../actors/coordinator/coordinator.messages.js';
import {ClientRequests} from '../../src/edge/client-requests.js';
import {PlainRequests} from '../../src/edge/plain-requests.js';
import {Code} from '../../src/errors.js';
import {decodeClientReply, encodeOps, type ClientOp} from '../../src/wire/client-frames.js';
import {ABSENT, edgeBed, messageOf} from './edge-bed.js';

const FIRST = 4;
const LEAST = 2;
const TICK_MS = 50;

/** An edge whose requests stay under way until they are told to end. */
function setUp() {
  const waiting: Array<(answer: Answer) => void> = [];
  let coordinated = 0;
  const bed = edgeBed();
  const ports = {
    ...bed.ports,
    coordinate: ({answer}: Request) => {
      coordinated += 1;
      waiting.push(answer);
      return true;
    },
  };
  const plain = new PlainRequests(ports);
  const client = new ClientRequests(ports);
  const {transport, clock, counters} = bed;
  const codes = () =>
    transport.published
      .filter(({subject}) => subject === '_INBOX.x')
      .map(
        ({options}) =>
          options.headers?.find(([name]) => name === 'Nats-Service-Error-Code')?.[1] ?? '200',
      );
  const marks = () => transport.published.filter(({subject}) => subject === 'quorate.mark.h1');
  return {
    ...bed,
    ports,
    client,
    codes,
    marks,
    counters,
    coordinated: () => coordinated,
    ask: (verb: string) =>
      plain.onMessage(
        messageOf({
          subject: `quorate.${verb}.b.k`,
          reply: '_INBOX.x',
          payload: new Uint8Array(0),
          headers: [],
        }),
      ),
    endAll: () => waiting.splice(0).forEach(answer => answer(ABSENT)),
    pass: (ms: number) => clock.run(clock.nowMs() + ms),
    /** What the host has sent to itself comes back. */
    echo: () => {
      const hear = transport.subscribed.get('quorate.mark.h1');
      for (const {subject, payload} of marks()) {
        hear?.(messageOf({subject, reply: '', payload, headers: []}));
      }
    },
  };
}

test('shedding: past the limit a request is refused before anything is done for it', t => {
  const {ask, codes, coordinated, counters, transport} = setUp();
  for (let no = 0; no < FIRST + 3; no += 1) {
    ask('put');
  }

  t.is(coordinated(), FIRST);
  t.deepEqual(codes(), ['429', '429', '429']);
  t.is(counters.get('requests_shed_full'), 3);
  t.is(counters.get('answers_429'), 3);
  const text = transport.published[0]?.options.headers?.[1]?.[1] ?? '';
  t.regex(text, /nothing was applied; pause, then retry/);
});

test('shedding: reads and writes have limits of their own', t => {
  const {ask, codes, coordinated} = setUp();
  for (let no = 0; no < FIRST + 1; no += 1) {
    ask('put');
  }

  ask('get');
  t.is(coordinated(), FIRST + 1);
  ask('del');
  t.deepEqual(codes(), ['429', '429']);
});

test('shedding: however a request ends, its place is free again', t => {
  const {ask, endAll, coordinated, ports, counters} = setUp();
  for (let round = 1; round <= 10; round += 1) {
    for (let no = 0; no < FIRST; no += 1) {
      ask('put');
    }

    t.is(coordinated(), round * FIRST);
    endAll();
  }

  const elsewhere = new PlainRequests({...ports, coordinate: () => false, isReachable: () => true});
  for (const subject of ['quorate.p.0.put.b.k', 'quorate.put.b.k', 'quorate.put.b.%ff']) {
    for (let no = 0; no < 2 * FIRST; no += 1) {
      elsewhere.onMessage(
        messageOf({subject, reply: '_INBOX.y', payload: new Uint8Array(0), headers: []}),
      );
    }
  }

  t.is(counters.get('requests_shed_full'), 0);
  t.deepEqual(ports.shedding.report.writes.underWay, 0);
});

test('shedding: of a frame what is past the limit is refused, each operation by its number', t => {
  const {client, transport, clock, coordinated} = setUp();
  const ops = Array.from(
    {length: FIRST + 2},
    (_, no): ClientOp => [no, 'put', 'b', 'k', new Uint8Array(1), ['', '', '', '', '']],
  );
  client.onMessage(
    messageOf({subject: 'quorate.c.h1', reply: '_INBOX.x', payload: encodeOps(ops), headers: []}),
  );
  clock.run(1);
  t.is(coordinated(), FIRST);
  const reply = decodeClientReply(transport.published[0]?.payload ?? new Uint8Array(0));
  const results = reply?.kind === 'done' ? reply.results : [];
  t.deepEqual(
    results.map(([no, code]) => [no, code]),
    [
      [FIRST, Code.overloaded],
      [FIRST + 1, Code.overloaded],
    ],
  );
});

test('shedding: of what is read after a stall a few are served, until a mark is back', t => {
  const {ask, codes, coordinated, ports, clock, counters, echo, pass} = setUp();
  ports.shedding.start();
  const standing = clock.nowMs.bind(clock);
  pass(TICK_MS);
  // Its timers are as late as it is: it reads first.
  clock.nowMs = () => standing() + 5_000;
  for (let no = 0; no < LEAST + 3; no += 1) {
    ask('get');
  }

  t.is(coordinated(), LEAST);
  t.deepEqual(codes(), ['429', '429', '429']);
  t.is(counters.get('event_loop_stalls'), 1);
  t.is(counters.get('requests_shed_stale'), 3);
  t.true(ports.shedding.report.stale);
  echo();
  t.false(ports.shedding.report.stale);
  ask('get');
  t.is(coordinated(), LEAST + 1);
});

test('shedding: the time before it starts is no stall, however long a host takes to join', t => {
  const {ask, codes, ports, counters, pass} = setUp();
  pass(30_000);
  ports.shedding.start();
  for (let no = 0; no < FIRST; no += 1) {
    ask('put');
  }

  t.deepEqual(codes(), []);
  pass(TICK_MS);
  t.is(counters.get('event_loop_stalls'), 0);
});

test('shedding: a mark that was lost is sent again, so that a stall ends', t => {
  const {ask, ports, clock, echo, marks, coordinated} = setUp();
  ports.shedding.start();
  const {nowMs} = clock;
  clock.nowMs = () => nowMs.call(clock) + 5_000;
  for (let no = 0; no < LEAST; no += 1) {
    ask('get');
  }

  t.is(marks().length, 1);
  clock.run(nowMs.call(clock) + TICK_MS);
  t.is(marks().length, 2);
  ask('get');
  t.is(coordinated(), LEAST);
  echo();
  ask('get');
  t.is(coordinated(), LEAST + 1);
});

test('shedding: an idle host sends nothing to itself', t => {
  const {pass, marks, ask, endAll, echo, ports} = setUp();
  ports.shedding.start();
  pass(10_000);
  t.is(marks().length, 0);
  ask('get');
  endAll();
  pass(TICK_MS);
  echo();
  pass(10_000);
  t.is(marks().length, 1);
});

test('shedding: it ticks only until its subscription ends', t => {
  const {ports, clock} = setUp();
  t.is(clock.pending, 0);
  const marks = ports.shedding.start();
  t.is(clock.pending, 1);
  marks.drain(() => undefined);
  t.is(clock.pending, 0);
});
