/** What every system that is measured looks like to the bench. */
import type {Stage} from '../stage/stage.js';

export const SYSTEM_NAMES = [
  'Quorate library',
  'Quorate plain',
  'JetStream KV R1',
  'JetStream KV R3',
  'etcd',
  'RocksDB limit',
] as const;
export type SystemName = (typeof SYSTEM_NAMES)[number];

/** A process whose CPU and memory are a row. */
export type Process = {readonly name: string; readonly pid: number};

/** Where a load generator finds its system: whatever that system's driver understands. */
export type Address = {readonly servers: readonly string[]; readonly place: string};

/** Servers that run. Several systems may be reached on the same ones. */
export type Cluster = {
  readonly processes: readonly Process[];
  /** Versions of what runs there. */
  readonly versions: Readonly<Record<string, string>>;
  addressOf(system: SystemName): Address;
  /** Ends the processes; their data is thrown away. */
  stop(): Promise<void>;
};

/** One folder a cluster. */
export type StartCluster = (stage: Stage, folder: string) => Promise<Cluster>;

/** What a read saw, for an update that carries it: a context or a revision. */
export type Seen = string | number;

/** A load generator's way to its system, one call an operation, as a user would call it. */
export interface Driver {
  /** Overwrites whatever is there. Resolves once it is acknowledged. */
  put(key: string, value: Uint8Array): Promise<void>;
  /** Null when there is no such key. */
  get(key: string): Promise<Seen | null>;
  /** False when the store refuses it because someone else wrote since. */
  update(key: string, value: Uint8Array, seen: Seen): Promise<boolean>;
  close(): Promise<void>;
}

export type OpenDriver = (address: Address) => Promise<Driver>;

export const BUCKET = 'usertable';
