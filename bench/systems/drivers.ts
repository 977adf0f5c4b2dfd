/** How a load generator gets to each system. Only what is asked for is loaded. */
import type {OpenDriver, SystemName} from './system.js';

export async function driverOf(system: SystemName): Promise<OpenDriver> {
  switch (system) {
    case 'Quorate library':
      return (await import('./quorate-library.js')).openQuorateLibrary;
    case 'Quorate plain':
      return (await import('./quorate-plain.js')).openQuoratePlain;
    case 'JetStream KV R1':
    case 'JetStream KV R3':
      return (await import('./jetstream-kv.js')).openJetStreamKv;
    case 'etcd':
      return (await import('./etcd.js')).openEtcd;
    case 'RocksDB limit':
      return (await import('./rocksdb-limit.js')).openRocksDb;
  }
}
