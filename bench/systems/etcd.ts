/** etcd through npm's `etcd3`. Its reads are linearizable, which is the default. */
import {Etcd3} from 'etcd3';
import type {Address, Driver} from './system.js';

export async function openEtcd({servers}: Address): Promise<Driver> {
  const client = new Etcd3({hosts: [...servers]});
  return {
    async put(key, value) {
      await client.put(key).value(Buffer.from(value.buffer, value.byteOffset, value.length));
    },
    async get(key) {
      const {kvs} = await client.get(key).exec();
      return kvs[0]?.mod_revision ?? null;
    },
    async update(key, value, seen) {
      const bytes = Buffer.from(value.buffer, value.byteOffset, value.length);
      const transaction = client.if(key, 'Mod', '==', seen).then(client.put(key).value(bytes));
      const {succeeded} = await transaction.commit();
      return succeeded;
    },
    async close() {
      client.close();
    },
  };
}
