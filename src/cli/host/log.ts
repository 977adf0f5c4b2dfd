/** A host's log: one JSON object a line, on stdout. */
import pino, {type Logger} from 'pino';

export type Log = Logger;

export function createLog(host: string): Log {
  // Written at once and in place: a host that is killed leaves its last words behind.
  return pino({base: {host}}, pino.destination({dest: 1, sync: true}));
}
