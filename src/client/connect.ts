/**
 * Opens a client over a real broker: the one file of the client library that knows the adapters.
 */
import {connectNats} from '../adapters/nats-transport.js';
import {SystemClock} from '../adapters/system-clock.js';
import {SystemRandom} from '../adapters/system-random.js';
import {splitServer} from '../adapters/server-url.js';
import {Code} from '../errors.js';
import {Subjects} from '../subjects.js';
import {checkPublish} from '../wire/subject-grammar.js';
import {Client} from './client.js';
import {BadRequest, NotConnected} from './errors.js';

export type ConnectOptions = {
  /**
   * `nats://user:password@host:port`, several separated by commas. Default nats://127.0.0.1:4222.
   */
  readonly servers?: string | undefined;
  /** Of the cluster, the first token of its subjects. Default quorate. */
  readonly name?: string | undefined;
  /** For each call that does not say, in milliseconds. Default 5,000. */
  readonly timeoutMs?: number | undefined;
  /** First tokens of the subjects that answers come to. The hosts must know it. Default _INBOX. */
  readonly inboxPrefix?: string | undefined;
  /** Calls past this many under way reject with `Overloaded`. Default 8,192. */
  readonly inFlightMax?: number | undefined;
  /** Told what goes wrong with the connection, while it is dialled again. Default: nobody. */
  readonly onError?: ((error: unknown) => void) | undefined;
};

export const DEFAULT_SERVER = 'nats://127.0.0.1:4222';
export const DEFAULT_TIMEOUT_MS = 5_000;
const DEFAULT_IN_FLIGHT_MAX = 8_192;

/**
 * Resolves once a broker is connected; hosts are looked for with the first call. Rejects with
 * `NotConnected` when no broker can be reached, with `BadRequest` for an address or a name that
 * cannot be.
 */
export async function connect(options: ConnectOptions = {}): Promise<Client> {
  const {servers = DEFAULT_SERVER, name = 'quorate'} = options;
  const inboxPrefix = (options.inboxPrefix ?? '_INBOX').replace(/\.$/, '');
  const {timeoutMs = DEFAULT_TIMEOUT_MS, inFlightMax = DEFAULT_IN_FLIGHT_MAX} = options;
  const subjects = checked(() => new Subjects(name));
  const server = checked(() => addressOf(servers));
  checked(() => checkPublish(inboxPrefix, ''));
  const clock = new SystemClock();
  const random = new SystemRandom();
  const onError = options.onError ?? (() => undefined);
  try {
    const transport = await connectNats({...server, name: `${name} client`, onError});
    return new Client({transport, clock, random}, {subjects, inboxPrefix, timeoutMs, inFlightMax});
  } catch (error) {
    const where = server.servers.join(', ');
    throw new NotConnected(Code.unavailable, `no broker answers at ${where} (${String(error)})`);
  }
}

function addressOf(servers: string) {
  const example = 'nats://127.0.0.1:4222 is one';
  try {
    const server = splitServer(servers);
    if (!server.servers.includes('')) {
      return server;
    }
  } catch {
    // Told below, in words that say more than those of the URL parser.
  }

  throw new TypeError(`'${servers}' is no address of a broker: ${example}`);
}

function checked<Value>(make: () => Value): Value {
  try {
    return make();
  } catch (error) {
    throw new BadRequest(Code.badRequest, error instanceof Error ? error.message : String(error));
  }
}
