/** Quorate through its client library. */
import {connect} from '../../src/client/connect.js';
import {type Address, BUCKET, type Driver} from './system.js';

export async function openQuorateLibrary({servers}: Address): Promise<Driver> {
  const client = await connect({servers: servers.join(',')});
  return {
    async put(key, value) {
      await client.put(BUCKET, key, value);
    },
    async get(key) {
      const got = await client.get(BUCKET, key);
      return got.found ? got.context : null;
    },
    async update(key, value, seen) {
      await client.put(BUCKET, key, value, {context: String(seen)});
      return true;
    },
    async close() {
      await client.close();
    },
  };
}
