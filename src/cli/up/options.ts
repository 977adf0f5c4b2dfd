/**
 * What `up` was asked for. A field that is undefined was not given: then the stored cluster or a
 * default decides.
 */
export type UpOptions = {
  readonly hosts?: number | undefined;
  readonly port?: number | undefined;
  readonly data?: string | undefined;
  readonly partitions?: number | undefined;
  readonly n?: number | undefined;
  /** As written: `orders:quorum=strict,conflicts=lww,n=3`. */
  readonly buckets?: readonly string[] | undefined;
  /** A broker that already runs. */
  readonly server?: string | undefined;
  /** False: a host that died stays dead. */
  readonly restart?: boolean | undefined;
  /** One JSON object a line on stdout, in place of words. */
  readonly json?: boolean | undefined;
};

/** What surrounds `up`. Tests put a host of their own here. */
export type UpWorld = {
  readonly env: NodeJS.ProcessEnv;
  /** Starts a host when the options of `quorate host` are appended. */
  readonly hostCommand: readonly [program: string, ...args: string[]];
  readonly cacheDir?: string | undefined;
};

export const defaultHosts = 3;
export const defaultPort = 4222;
export const defaultData = './data';
/** More processes than this on one machine is a slip of the finger. */
export const hostsMax = 64;

/** What is wrong with the numbers themselves, whatever is stored; null when nothing is. */
export function optionProblem({hosts, port, server}: UpOptions): string | null {
  if (hosts !== undefined && !(Number.isSafeInteger(hosts) && hosts >= 1 && hosts <= hostsMax)) {
    return `--hosts is ${hosts}: it must be a whole number from 1 to ${hostsMax}`;
  }

  if (port !== undefined && !(Number.isSafeInteger(port) && port >= 1 && port <= 65_535)) {
    return `--port is ${port}: it must be a whole number from 1 to 65535`;
  }

  if (port !== undefined && server !== undefined) {
    return '--port is for a broker that up starts, --server for one that runs: give one of them';
  }

  return null;
}
