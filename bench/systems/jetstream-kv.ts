/** JetStream KV through `@nats-io/kv`. Its reads are direct gets, which any replica may answer. */
import {JetStreamApiError} from '@nats-io/jetstream';
import {Kvm} from '@nats-io/kv';
import {connect} from '@nats-io/transport-node';
import type {Address, Driver} from './system.js';

/** The server's "wrong last sequence": someone else wrote since. */
const WRONG_LAST_SEQUENCE = 10_071;

export async function openJetStreamKv({servers, place}: Address): Promise<Driver> {
  const connection = await connect({servers: [...servers], ignoreClusterUpdates: true});
  const bucket = await new Kvm(connection).open(place);
  return {
    async put(key, value) {
      await bucket.put(key, value);
    },
    async get(key) {
      const entry = await bucket.get(key);
      return entry === null || entry.value.length === 0 ? null : entry.revision;
    },
    async update(key, value, seen) {
      try {
        await bucket.update(key, value, Number(seen));
        return true;
      } catch (error) {
        if (error instanceof JetStreamApiError && error.code === WRONG_LAST_SEQUENCE) {
          return false;
        }

        throw error;
      }
    },
    async close() {
      await connection.close();
    },
  };
}
