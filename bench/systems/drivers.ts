/** How a load generator gets to each system. Only what is asked for is loaded. */
import type {OpenDriver, SystemName} from './system.js';

export const DRIVERS: Readonly<Record<SystemName, () => Promise<OpenDriver>>> = {
  'Quorate library': async () => (await import('./quorate-library.js')).openQuorateLibrary,
  'Quorate plain': async () => (await import('./quorate-plain.js')).openQuoratePlain,
  'JetStream KV R1': async () => (await import('./jetstream-kv.js')).openJetStreamKv,
  'JetStream KV R3': async () => (await import('./jetstream-kv.js')).openJetStreamKv,
  etcd: async () => (await import('./etcd.js')).openEtcd,
  'RocksDB limit': async () => (await import('./rocksdb-limit.js')).openRocksDb,
};
