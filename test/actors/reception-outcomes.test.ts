import test from 'ava';
import {Reception} from '../../actors/link/reception.js';
import {Gate} from '../../actors/partition/gate.js';
import type {VnodeOperation} from '../../actors/vnode/vnode.messages.js';
import {Counters} from '../../src/counters.js';
import {Mailbox} from '../../src/mailbox.js';
import type {Message} from '../../src/ports/transport.js';
import {SimClock} from '../../src/sim/clock.js';
import {SimNetwork} from '../../src/sim/network.js';
import {SimRandom} from '../../src/sim/random.js';
import {Subjects} from '../../src/subjects.js';
import {encodeData} from '../../src/wire/host-frames.js';
import {type HostItem, ITEM} from '../../src/wire/host-items.js';

const cluster = 'c';
const secret = new Uint8Array(32);

/**
 * A reception at `me`, whose peer lives as `life.of` says, before a partition that works nothing
 * off.
 */
function open() {
  const clock = new SimClock();
  const life = {of: 'peer-1'};
  const sent: HostItem[] = [];
  const mailbox = new Mailbox<VnodeOperation>(clock, 10);
  const gate = new Gate(0, 1, ['me', 'peer'], mailbox);
  gate.admits = true;
  const me = {cluster, from: 'me', fromIncarnation: 'me-1', toIncarnation: '', epoch: 1};
  const reception = new Reception({
    transport: new SimNetwork({clock, random: new SimRandom(1)}).connect('me'),
    subjects: new Subjects('quorate'),
    counters: new Counters(),
    envelope: () => me,
    secret,
    isPeer: () => true,
    incarnationOf: () => life.of,
    welcomed: () => {},
    lost: () => {},
    gate: () => gate,
    send: (_, item) => sent.push(item) > 0,
    reply: () => {},
    sendBulk: () => false,
    answered: () => {},
    takers: new Map(),
  });
  const ask = (item: HostItem) => {
    const envelope = {
      cluster,
      from: 'peer',
      fromIncarnation: 'peer-1',
      toIncarnation: 'me-1',
      epoch: 1,
    };
    const message: Message = {
      subject: 'quorate.h.me.data',
      reply: '',
      payload: encodeData(envelope, [item]),
      header: () => '',
      headerNames: () => [],
      unheard: false,
    };
    reception.onMessage(message);
  };
  const workOff = () => {
    for (const operation of mailbox.take()) {
      if (operation.kind !== 'coordinate') {
        operation.done(null);
      }
    }
  };
  return {life, sent, ask, workOff};
}

const merge = [ITEM.merge, 7, 0, 1, 'users.alice', new Uint8Array([1])] as const;
const read = [ITEM.read, 8, 0, 1, 'users.alice'] as const;

test('reception: whoever asked hears the outcome', t => {
  const {sent, ask, workOff} = open();
  ask(merge);
  ask(read);
  workOff();
  t.deepEqual(sent, [
    [ITEM.merged, 7, 200, ''],
    [ITEM.found, 8, 200, '', null],
  ]);
});

// A late "merged 7" would be counted as a copy of whatever write the new process numbered 7.
test('reception: an outcome that comes after the asker was born anew goes to nobody', t => {
  const {life, sent, ask, workOff} = open();
  ask(merge);
  ask(read);
  life.of = 'peer-2';
  workOff();
  t.deepEqual(sent, []);
});
