import test from 'ava';
import * as fc from 'fast-check';
import {serveDiscovery} from '../../src/edge/discovery.js';
import {edgeBed, messageOf} from './edge-bed.js';

test('discovery: any question is answered as JSON to an inbox, or dropped and counted', t => {
  const {ports, transport, counters} = edgeBed();
  serveDiscovery({...ports, host: 'h1', version: '1.2.3'});
  t.is(transport.subscribed.size, 9);
  const reply = fc.oneof(fc.constant('_INBOX.a'), fc.string({unit: 'binary'}));
  const subject = fc.constantFrom(...transport.subscribed.keys());
  fc.assert(
    fc.property(subject, reply, fc.uint8Array(), (asked, to, payload) => {
      const before = transport.published.length;
      const dropped = counters.get('requests_dropped_reply_not_allowed');
      transport.subscribed.get(asked)?.(
        messageOf({subject: asked, reply: to, payload, headers: []}),
      );
      const answers = transport.published.slice(before);
      if (ports.subjects.isReplyAllowed(to)) {
        t.is(answers.length, 1);
        const text = Buffer.from(answers[0]?.payload ?? []).toString();
        t.is((JSON.parse(text) as {id: string}).id, 'h1');
      } else {
        t.is(answers.length, 0);
        t.is(counters.get('requests_dropped_reply_not_allowed'), dropped + 1);
      }
    }),
  );
});
