/**
 * The configuration of a NATS server that routes plain requests to the owners of their keys.
 *
 * The mappings are computed from the number of partitions, as the hosts do it; a server that was configured for
 * another number still works, by way of one more hop. Listens on loopback unless told otherwise.
 */
import {MAPPED_TOKENS_MAX, Subjects, VERBS} from '../subjects.js';

export type BrokerOptions = {
  readonly partitions: number;
  readonly root: string;
  readonly host: string;
  readonly port: number;
  readonly maxPayloadBytes: number;
  /** A connection that misses `pingMax` pings is cut, so that a frozen host loses its share of requests. */
  readonly pingIntervalSeconds: number;
  readonly pingMax: number;
};

export const DEFAULT_BROKER: BrokerOptions = {
  partitions: 67,
  root: 'quorate',
  host: '127.0.0.1',
  port: 4222,
  maxPayloadBytes: 1024 * 1024,
  pingIntervalSeconds: 2,
  pingMax: 2,
};

export function natsConf(options: Partial<BrokerOptions> = {}): string {
  const {partitions, root, host, port, maxPayloadBytes, pingIntervalSeconds, pingMax} = {
    ...DEFAULT_BROKER,
    ...options,
  };
  return `# NATS server configuration for Quorate with ${partitions} partitions. Generated: see src/broker/nats-conf.ts.
listen: "${host}:${port}"

# Keys travel in subjects: at the default of 4 KiB a long one would close the connection.
max_control_line: 8192
max_payload: ${maxPayloadBytes}

# A frozen host is noticed within seconds and no longer gets its share of requests.
ping_interval: "${pingIntervalSeconds}s"
ping_max: ${pingMax}

# A plain request goes straight to the owners of its key's partition.
mappings = {
${mappingLines(root, partitions).join('\n')}
}
`;
}

function mappingLines(root: string, partitions: number): string[] {
  const subjects = new Subjects(root);
  // A name has at least a bucket and one key token.
  const depths = Array.from({length: MAPPED_TOKENS_MAX - 1}, (_, index) => index + 2);
  return VERBS.flatMap(verb =>
    depths.map(tokens => {
      const {from, to} = subjects.mapping(verb, tokens, partitions);
      return `  "${from}": "${to}"`;
    }),
  );
}
