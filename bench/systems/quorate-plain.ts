/** Quorate through plain NATS requests, as any client in any language sends them. */
import {headers, type Msg} from '@nats-io/nats-core';
import {connect} from '@nats-io/transport-node';
import {type Address, BUCKET, type Driver} from './system.js';

const TIMEOUT_MS = 5_000;
const NO_SUCH_KEY = '404';

export async function openQuoratePlain({servers}: Address): Promise<Driver> {
  const connection = await connect({servers: [...servers]});
  const options = {timeout: TIMEOUT_MS};
  return {
    async put(key, value) {
      const reply = await connection.request(`quorate.put.${BUCKET}.${key}`, value, options);
      refuse(reply, codeOf(reply));
    },
    async get(key) {
      const reply = await connection.request(`quorate.get.${BUCKET}.${key}`, undefined, options);
      const code = codeOf(reply);
      if (code === NO_SUCH_KEY) {
        return null;
      }

      refuse(reply, code);
      return reply.headers?.get('Quorate-Context') ?? '';
    },
    async update(key, value, seen) {
      const carried = headers();
      carried.set('Quorate-Context', String(seen));
      const subject = `quorate.put.${BUCKET}.${key}`;
      const reply = await connection.request(subject, value, {...options, headers: carried});
      refuse(reply, codeOf(reply));
      return true;
    },
    async close() {
      await connection.close();
    },
  };
}

const codeOf = (reply: Msg): string => reply.headers?.get('Nats-Service-Error-Code') ?? '';

function refuse(reply: Msg, code: string): void {
  if (code !== '') {
    throw new Error(`${code} ${reply.headers?.get('Nats-Service-Error') ?? ''}`);
  }
}
