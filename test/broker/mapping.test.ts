/** The mappings of a real broker against our own arithmetic. */
import {connect} from '@nats-io/transport-node';
import test from 'ava';
import * as fc from 'fast-check';
import {natsConf} from '../../src/broker/nats-conf.js';
import {encodeKey, nameOf} from '../../src/keys.js';
import {partitionOf} from '../../src/ring/partition.js';
import {MAPPED_TOKENS_MAX, Subjects, VERBS} from '../../src/subjects.js';
import {startBroker} from '../helpers/broker.js';

const subjects = new Subjects('quorate');
const bytes = (unit: fc.Arbitrary<string>) => fc.string({unit, minLength: 1, maxLength: 12});
const token = fc.oneof(
  bytes(fc.constantFrom('a', 'b', '0', '-', '_', '=', '/')),
  bytes(fc.constantFrom('é', 'ß', '日', '本', '🦆', '\uFEFF', '\u00A0', '\u2028', '\u0085')),
  bytes(fc.constantFrom('.', '%', ' ', '*', '>', '\n', '\uFFFD')),
  fc.string({unit: 'binary', minLength: 1, maxLength: 12}),
  fc.uint8Array({minLength: 1, maxLength: 8}),
);
const name = fc
  .tuple(fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/), fc.array(token, {minLength: 1, maxLength: 9}))
  .map(([bucket, key]) => nameOf(bucket, encodeKey(key)));

/** Publishes every name under every verb in turn; answers what arrived where, in order. */
async function roundTrip(url: string, names: readonly string[]): Promise<string[]> {
  const connection = await connect({servers: url});
  const arrived: string[] = [];
  connection.subscribe('quorate.>', {
    callback: (_, message) => {
      arrived.push(message.subject);
    },
  });
  for (const [index, published] of names.entries()) {
    connection.publish(subjects.plain(VERBS[index % VERBS.length] ?? 'get', published));
  }

  // The broker answers a flush after it has sent all that came before it on this connection.
  await connection.flush();
  await connection.close();
  return arrived;
}

for (const partitions of [67, 1021]) {
  test(`mapping: names of every depth land on our partition (Q ${partitions})`, async t => {
    const broker = await startBroker({config: natsConf({port: -1, partitions})});
    t.teardown(() => broker.stop());
    const names = fc.sample(name, 2000);
    const arrived = await roundTrip(broker.url, names);
    const expected = names.map((published, index) => {
      const verb = VERBS[index % VERBS.length] ?? 'get';
      return published.split('.').length <= MAPPED_TOKENS_MAX
        ? subjects.mapped(partitionOf(published, partitions), verb, published)
        : subjects.plain(verb, published);
    });
    t.deepEqual(arrived, expected);
    const depths = new Set(names.map(published => published.split('.').length));
    t.deepEqual(
      [...depths].toSorted((a, b) => a - b),
      [2, 3, 4, 5, 6, 7, 8, 9, 10],
    );
  });
}

test('mapping: the longest key arrives whole, and the connection lives', async t => {
  const broker = await startBroker({config: natsConf({port: -1})});
  t.teardown(() => broker.stop());
  const longest = nameOf('b'.repeat(64), 'k'.repeat(1024));
  const tooLong = nameOf('b', 'k'.repeat(4000));
  t.deepEqual(await roundTrip(broker.url, [longest, tooLong]), [
    subjects.mapped(partitionOf(longest, 67), 'get', longest),
    subjects.mapped(partitionOf(tooLong, 67), 'put', tooLong),
  ]);
});
