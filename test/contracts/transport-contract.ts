/**
 * What every Transport must do, whatever carries it. An adapter's test file hands in a world of
 * connections and gets all tests.
 */
import type {ExecutionContext, TestFn} from 'ava';
import type {Message, Transport} from '../../src/ports/transport.js';

export type TransportWorld = {
  connect(name: string): Promise<Transport>;
  /** Lets time go on until the condition holds; rejects when it does not come to hold. */
  until(condition: () => boolean): Promise<void>;
  /** Takes the broker away from every connection, and waits until they know. */
  breakAll(): Promise<void>;
  /** Brings it back; connections return by themselves. */
  mendAll(): Promise<void>;
};

type OpenWorld = (t: ExecutionContext) => Promise<TransportWorld>;

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const bytes = (text: string) => encoder.encode(text);
const text = ({payload}: Message) => decoder.decode(payload);

/**
 * Texts that arrive on a subject. Ready: the broker has the subscription once this has resolved.
 */
async function listen(world: TransportWorld, on: Transport, subject: string, queue?: string) {
  const heard: string[] = [];
  on.subscribe(subject, queue === undefined ? {} : {queue}, message => heard.push(text(message)));
  await settle(world, on);
  return heard;
}

let settled = 0;

/**
 * What was asked of the broker on this connection has been done: one's own message comes back after
 * it.
 */
async function settle(world: TransportWorld, on: Transport) {
  const subject = `settled.${settled++}`;
  let back = false;
  const probe = on.subscribe(subject, {}, () => {
    back = true;
  });
  on.publish(subject, bytes(''));
  await world.until(() => back);
  probe.unsubscribe();
}

export function testTransport(test: TestFn, adapter: string, open: OpenWorld): void {
  const title = (behaviour: string) => `${adapter} transport: ${behaviour}`;
  testDelivery(test, title, open);
  testMessages(test, title, open);
  testSubscriptions(test, title, open);
  testOutages(test, title, open);
}

type Title = (behaviour: string) => string;

function testDelivery(test: TestFn, title: Title, open: OpenWorld): void {
  test(title('messages of one connection arrive in the order they were published'), async t => {
    const world = await open(t);
    const [from, to] = [await world.connect('from'), await world.connect('to')];
    const heard = await listen(world, to, 'orders');
    const sent = Array.from({length: 500}, (_, n) => String(n));
    for (const one of sent) {
      from.publish('orders', bytes(one));
    }
    await world.until(() => heard.length === sent.length);
    t.deepEqual(heard, sent);
  });

  test(title('plain subscriptions each get a message, of a queue group exactly one'), async t => {
    const world = await open(t);
    const names = ['a', 'b', 'c'];
    const members = await Promise.all(names.map(name => world.connect(name)));
    const plain: string[][] = [];
    const grouped: string[][] = [];
    for (const member of members) {
      plain.push(await listen(world, member, 'work.*'));
      grouped.push(await listen(world, member, 'work.>', 'crew'));
    }
    const from = await world.connect('from');
    for (let n = 0; n < 90; n++) {
      from.publish('work.now', bytes(String(n)));
    }
    await world.until(() => plain.every(heard => heard.length === 90));
    await world.until(() => grouped.flat().length === 90);
    t.is(new Set(grouped.flat()).size, 90);
    t.true(grouped.every(heard => heard.length > 0));
  });

  test(title('a subscription under another queue name gets its own copy'), async t => {
    const world = await open(t);
    const one = await world.connect('one');
    const first = await listen(world, one, 'job', 'first');
    const second = await listen(world, one, 'job', 'second');
    one.publish('job', bytes('x'));
    await world.until(() => first.length === 1 && second.length === 1);
    t.pass();
  });

  test(title('a publish that nobody hears comes back to its reply as unheard'), async t => {
    const world = await open(t);
    const one = await world.connect('one');
    const replies: Message[] = [];
    one.subscribe('_INBOX.one.*', {}, message => replies.push(message));
    one.publish('nobody.there', bytes('hello'), {reply: '_INBOX.one.7'});
    await world.until(() => replies.length === 1);
    t.true(replies[0]?.unheard);
    t.is(replies[0]?.subject, '_INBOX.one.7');
    t.is(replies[0]?.payload.length, 0);
  });

  test(title('an empty answer is not unheard'), async t => {
    const world = await open(t);
    const one = await world.connect('one');
    const replies: Message[] = [];
    one.subscribe('_INBOX.one.*', {}, message => replies.push(message));
    one.subscribe('echo', {}, ({reply}) =>
      one.publish(reply, bytes(''), {headers: [['Status', '503']]}),
    );
    one.publish('echo', bytes('hello'), {reply: '_INBOX.one.1'});
    await world.until(() => replies.length === 1);
    t.false(replies[0]?.unheard);
  });
}

function testMessages(test: TestFn, title: Title, open: OpenWorld): void {
  test(title('subject, reply, headers and payload arrive as they were given'), async t => {
    const world = await open(t);
    const one = await world.connect('one');
    const heard: Message[] = [];
    one.subscribe('a.>', {}, message => heard.push(message));
    const payload = Uint8Array.from({length: 256}, (_, n) => n);
    const headers = [
      ['Quorate-Acks', '2/3'],
      ['quorate-acks', 'other'],
      ['Quorate-Acks', 'second'],
      ['Empty', ''],
      ['Colon', 'a: b'],
      ['Letters', 'é 日本 😀'],
    ] as const;
    one.publish('a.b.ö', payload, {reply: '_INBOX.x', headers});
    one.publish('a.b', payload);
    await world.until(() => heard.length === 2);

    const [full, bare] = heard;
    t.is(full?.subject, 'a.b.ö');
    t.is(full?.reply, '_INBOX.x');
    t.deepEqual(full?.payload, payload);
    t.is(full?.header('Quorate-Acks'), '2/3');
    t.is(full?.header('quorate-acks'), 'other');
    t.is(full?.header('QUORATE-ACKS'), '');
    t.is(full?.header('Empty'), '');
    t.is(full?.header('Colon'), 'a: b');
    t.is(full?.header('Letters'), 'é 日本 😀');
    t.deepEqual(full?.headerNames(), ['Quorate-Acks', 'quorate-acks', 'Empty', 'Colon', 'Letters']);
    t.is(bare?.reply, '');
    t.deepEqual(bare?.payload, payload);
    t.is(bare?.header('Quorate-Acks'), '');
    t.deepEqual(bare?.headerNames(), []);
  });

  test(title('white space around a header value is not kept'), async t => {
    const world = await open(t);
    const one = await world.connect('one');
    const heard: Message[] = [];
    one.subscribe('a', {}, message => heard.push(message));
    one.publish('a', bytes(''), {headers: [['Name', '  in the  middle ']]});
    await world.until(() => heard.length === 1);
    t.is(heard[0]?.header('Name'), 'in the  middle');
  });

  test(title('a handler may keep the payload, and change it'), async t => {
    const world = await open(t);
    const [from, to] = [await world.connect('from'), await world.connect('to')];
    const kept: Uint8Array[] = [];
    const others = await listen(world, to, 'a');
    to.subscribe('a', {}, ({payload}) => kept.push(payload));
    await settle(world, to);
    const sent = bytes('x'.repeat(1_000));
    for (let n = 0; n < 200; n++) {
      from.publish('a', sent);
    }
    await world.until(() => kept.length === 200 && others.length === 200);
    t.true(kept.every(payload => payload.length === 1_000 && payload[0] === 0x78));
    t.true(kept.every(({constructor}) => constructor === Uint8Array));
    kept[0]?.fill(0);
    t.is(sent[0], 0x78);
    t.is(kept[1]?.[0], 0x78);
  });

  test(title('the largest payload arrives; one byte more is a RangeError'), async t => {
    const world = await open(t);
    const one = await world.connect('one');
    let length = 0;
    one.subscribe('big', {}, ({payload}) => {
      length = payload.length;
    });
    t.throws(() => one.publish('big', new Uint8Array(one.maxPayloadBytes + 1)), {
      instanceOf: RangeError,
    });
    one.publish('big', new Uint8Array(one.maxPayloadBytes));
    await world.until(() => length === one.maxPayloadBytes);
    t.is(one.maxPayloadBytes, 1_048_576);
  });

  test(title('what NATS has no spelling for is a TypeError'), async t => {
    const world = await open(t);
    const one = await world.connect('one');
    const typeError = {instanceOf: TypeError};
    for (const subject of ['', 'a b', 'a..b', '.a', 'a.', 'a\r\nb', 'a.*', '>']) {
      t.throws(() => one.publish(subject, bytes('')), typeError, subject);
      if (subject !== '') {
        t.throws(() => one.publish('a', bytes(''), {reply: subject}), typeError, subject);
      }
    }
    for (const subject of ['', 'a b', 'a..b', 'a.>.b']) {
      t.throws(() => one.subscribe(subject, {}, () => {}), typeError, subject);
    }
    t.throws(() => one.subscribe('a', {queue: 'b c'}, () => {}), typeError);
    for (const header of [
      ['', 'c'],
      ['a b', 'c'],
      ['é', 'c'],
      ['a:', 'c'],
      ['a', 'b\r\nc: d'],
    ] as const) {
      t.throws(() => one.publish('a', bytes(''), {headers: [header]}), typeError, header[0]);
    }
  });
}

function testSubscriptions(test: TestFn, title: Title, open: OpenWorld): void {
  test(title('a handler is not called before subscribe has returned'), async t => {
    const world = await open(t);
    const one = await world.connect('one');
    let returned = false;
    let early = false;
    let calls = 0;
    one.publish('a', bytes('before'));
    one.subscribe('a', {}, () => {
      calls++;
      early ||= !returned;
    });
    one.publish('a', bytes('after'));
    returned = true;
    await world.until(() => calls === 1);
    t.false(early);
  });

  test(title('a handler is not called after unsubscribe, even for what has arrived'), async t => {
    const world = await open(t);
    const one = await world.connect('one');
    const heard: string[] = [];
    const subscription = one.subscribe('a', {}, message => {
      heard.push(text(message));
      subscription.unsubscribe();
    });
    for (const word of ['first', 'second', 'third']) {
      one.publish('a', bytes(word));
    }
    await settle(world, one);
    t.deepEqual(heard, ['first']);
    t.notThrows(() => subscription.unsubscribe());
  });

  test(title('drain hands over what had already been routed here, then says so'), async t => {
    const world = await open(t);
    const one = await world.connect('one');
    const two = await world.connect('two');
    const heard: string[] = [];
    const subscription = one.subscribe('a', {queue: 'q'}, message => {
      heard.push(text(message));
    });
    await settle(world, one);
    for (const word of ['first', 'second', 'third']) {
      two.publish('a', bytes(word));
    }
    await settle(world, two);
    let drained = false;
    subscription.drain(() => {
      t.deepEqual(heard, ['first', 'second', 'third']);
      drained = true;
    });
    await world.until(() => drained);
    two.publish('a', bytes('late'));
    await settle(world, two);
    await settle(world, one);
    t.deepEqual(heard, ['first', 'second', 'third']);
  });

  test(title('unsubscribe ends one subscription and no other'), async t => {
    const world = await open(t);
    const one = await world.connect('one');
    const gone = one.subscribe('a', {}, () => t.fail('this one was ended'));
    const heard = await listen(world, one, 'a');
    gone.unsubscribe();
    one.publish('a', bytes('x'));
    await world.until(() => heard.length === 1);
    t.pass();
  });
}

function testOutages(test: TestFn, title: Title, open: OpenWorld): void {
  test(title('an outage is told, publishes in it vanish, subscriptions survive it'), async t => {
    const world = await open(t);
    const [from, to] = [await world.connect('from'), await world.connect('to')];
    const heard = await listen(world, to, 'news');
    const changes: boolean[] = [];
    from.onConnected(connected => changes.push(connected));
    t.true(from.connected);

    await world.breakAll();
    await world.until(() => !from.connected && !to.connected);
    t.notThrows(() => from.publish('news', bytes('lost'), {reply: '_INBOX.x'}));
    const late = to.subscribe('late', {}, message => heard.push(`late ${text(message)}`));
    const dropped = to.subscribe('news', {}, () => t.fail('this one was ended'));
    dropped.unsubscribe();

    await world.mendAll();
    await world.until(() => from.connected && to.connected);
    from.publish('news', bytes('again'));
    from.publish('late', bytes('too'));
    await world.until(() => heard.length === 2);
    t.deepEqual(heard, ['again', 'late too']);
    t.deepEqual(changes, [false, true]);
    late.unsubscribe();
  });

  test(title('close sends what was published, then disconnects'), async t => {
    const world = await open(t);
    const [from, to] = [await world.connect('from'), await world.connect('to')];
    const heard = await listen(world, to, 'a');
    let done = false;
    for (let n = 0; n < 100; n++) {
      from.publish('a', bytes('x'));
    }
    from.close(() => {
      done = true;
    });
    t.false(done);
    from.publish('a', bytes('too late'));
    await world.until(() => done && heard.length === 100);
    t.false(from.connected);
    await settle(world, to);
    t.is(heard.length, 100);
  });

  test(title('close ends all handlers, and comes to an end without a broker too'), async t => {
    const world = await open(t);
    const [from, to] = [await world.connect('from'), await world.connect('to')];
    to.subscribe('a', {}, () => t.fail('closed'));
    await settle(world, to);
    from.publish('a', bytes('x'));
    let closed = 0;
    to.close(() => closed++);
    await world.until(() => closed === 1);
    await world.breakAll();
    await world.until(() => !from.connected);
    from.close(() => closed++);
    await world.until(() => closed === 2);
    t.pass();
  });
}
