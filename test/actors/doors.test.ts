import test from 'ava';
import {Doors} from '../../actors/host/doors.js';
import {Subjects} from '../../src/subjects.js';
import {messageOf, RecordingTransport} from '../helpers/recording-transport.js';

const OTHERS = [
  '$SRV.PING',
  'quorate.c.h1',
  'quorate.c.h1.>',
  'quorate.del.>',
  'quorate.get.>',
  'quorate.info',
  'quorate.put.>',
];

const setUp = () => {
  const transport = new RecordingTransport();
  const heard: string[] = [];
  const doors = new Doors(transport, new Subjects('quorate'), 'h1', {
    onPlain: ({subject}) => heard.push(`plain ${subject}`),
    onAddressed: ({subject}) => heard.push(`addressed ${subject}`),
    onClient: ({subject}) => heard.push(`client ${subject}`),
    onInfo: ({subject}) => heard.push(`info ${subject}`),
    discover: () => [transport.subscribe('$SRV.PING', {}, () => {})],
  });
  return {transport, doors, heard};
};

test('doors: none is open before the host serves', t => {
  const {transport, doors} = setUp();
  doors.setGate(7, true);
  t.deepEqual(transport.subjects, []);
  doors.open(() => {});
  t.deepEqual(transport.subjects, [...OTHERS, 'quorate.p.7.>'].toSorted());
});

test('doors: a host is in a queue group exactly while the gate of the partition admits', t => {
  const {transport, doors} = setUp();
  doors.open(() => {});
  t.deepEqual(transport.subjects, OTHERS);
  doors.setGate(7, true);
  doors.setGate(7, true);
  doors.setGate(8, true);
  t.deepEqual(transport.subjects, [...OTHERS, 'quorate.p.7.>', 'quorate.p.8.>'].toSorted());
  t.is(transport.subscribed.size, OTHERS.length + 2);
  doors.setGate(7, false);
  t.is(transport.subscribed.size, OTHERS.length + 1);
});

test('doors: a stand-in joins the queue group, and leaves it when an owner is back', t => {
  const {transport, doors} = setUp();
  doors.setStandIn(7, true);
  doors.open(() => {});
  t.deepEqual(transport.subjects, [...OTHERS, 'quorate.p.7.>'].toSorted());
  doors.setStandIn(8, true);
  doors.setStandIn(7, false);
  t.deepEqual(transport.subjects, [...OTHERS, 'quorate.p.8.>'].toSorted());
});

test('doors: partitions are queue groups, unmapped requests one, the host itself none', t => {
  const {transport, doors} = setUp();
  doors.setGate(7, true);
  doors.open(() => {});
  const queues = new Map([...transport.subscribed].map(({subject, queue}) => [subject, queue]));
  t.is(queues.get('quorate.p.7.>'), 'p7');
  t.is(queues.get('quorate.get.>'), 'hosts');
  t.is(queues.get('quorate.info'), 'hosts');
  t.is(queues.get('quorate.c.h1'), undefined);
});

test('doors: every message reaches who understands it', t => {
  const {transport, doors, heard} = setUp();
  doors.setGate(7, true);
  doors.open(() => {});
  for (const {subject, handler} of transport.subscribed) {
    handler(messageOf(subject, new Uint8Array()));
  }

  t.deepEqual(heard.toSorted(), [
    'addressed quorate.c.h1.>',
    'client quorate.c.h1',
    'info quorate.info',
    'plain quorate.del.>',
    'plain quorate.get.>',
    'plain quorate.p.7.>',
    'plain quorate.put.>',
  ]);
});

test('doors: none stays open once the host stops, and none opens any more', t => {
  const {transport, doors} = setUp();
  doors.setGate(7, true);
  doors.open(() => {});
  let closed = 0;
  doors.close(() => {
    closed += 1;
  });
  t.is(closed, 1);
  t.deepEqual(transport.subjects, []);
  doors.setGate(8, true);
  doors.setGate(7, false);
  t.deepEqual(transport.subjects, []);
});

test('doors: closing those that were never opened ends at once', t => {
  const {doors} = setUp();
  let closed = 0;
  doors.close(() => {
    closed += 1;
  });
  t.is(closed, 1);
});

test('doors: whoever opens them hears when the broker knows them all', t => {
  const {transport, doors} = setUp();
  let known: string[] = [];
  doors.setGate(7, true);
  doors.open(() => {
    known = transport.subjects;
  });
  t.deepEqual(known, [...OTHERS, 'quorate.p.7.>'].toSorted());
});
