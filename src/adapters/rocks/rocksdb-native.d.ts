/** The part of rocksdb-native 3.18 that is used here; the package brings no types of its own. */
declare module 'rocksdb-native' {
  class RocksDB {
    constructor(path: string, options: RocksDB.Options);
    ready(): Promise<void>;
    close(): Promise<void>;
    read(options: RocksDB.BatchOptions): RocksDB.ReadBatch;
    write(options: RocksDB.BatchOptions): RocksDB.WriteBatch;
    iterator(range: RocksDB.Range): AsyncIterable<{key: Buffer; value: Buffer}>;
    /** `path` is relative to the database's folder and starts with a slash. */
    currentWalFile(): Promise<{path: string; number: number; size: number}>;
  }

  namespace RocksDB {
    class BloomFilterPolicy {
      readonly bitsPerKey: number;
      constructor(bitsPerKey: number);
    }

    interface Options {
      createIfMissing: boolean;
      writeBufferSize: number;
      maxWriteBufferNumber: number;
      maxBackgroundJobs: number;
      maxOpenFiles: number;
      blockCache: boolean;
      tableCacheIndexAndFilterBlocks: boolean;
      filterPolicy: BloomFilterPolicy;
      walRecoveryMode: number;
    }

    interface BatchOptions {
      capacity: number;
      /** Frees the batch when its flush ended. */
      autoDestroy: boolean;
    }

    interface ReadBatch {
      /** Settles after a flush of the batch; rejects for this key alone. */
      get(key: Uint8Array): Promise<Buffer | null>;
      tryFlush(): void;
    }

    interface WriteBatch {
      tryPut(key: Uint8Array, value: Uint8Array): void;
      tryDelete(key: Uint8Array): void;
      flush(): Promise<void>;
    }

    /** An empty `gte` or `lt` means unbounded. */
    interface Range {
      gte: Uint8Array;
      lt: Uint8Array;
      limit: number;
      /** Entries fetched by one call into the engine. */
      capacity: number;
    }

    const constants: {walRecoveryMode: {POINT_IN_TIME: number}};
  }

  export = RocksDB;
}
