import {readFileSync} from 'node:fs';
import test from 'ava';
import {natsConf} from '../../src/broker/nats-conf.js';

// Tests run compiled, from dist/test/broker.
const committed = new URL('../../../nats.conf', import.meta.url);

test('nats.conf: the committed file is what the generator makes', t => {
  t.is(readFileSync(committed, 'utf8'), natsConf());
});

test('nats.conf: has a mapping for each verb and depth, 21 in all', t => {
  const lines = natsConf({root: 'shop', partitions: 1021}).split('\n');
  const mappings = lines.filter(line => line.startsWith('  "shop.'));
  t.is(mappings.length, 21);
  t.is(
    mappings[0],
    '  "shop.get.*.*": "shop.p.{{partition(1021,1,2)}}.get.{{wildcard(1)}}.{{wildcard(2)}}"',
  );
});

test('nats.conf: listens on loopback unless told otherwise', t => {
  t.true(natsConf().includes('listen: "127.0.0.1:4222"'));
  t.true(natsConf({host: '0.0.0.0', port: 5000}).includes('listen: "0.0.0.0:5000"'));
});
