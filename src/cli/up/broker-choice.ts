/**
 * Which broker `up` uses: one that runs already, or one of its own on loopback, for which the port
 * must be free.
 */
import type {Broker} from '../../provision/broker.js';
import {findBroker} from '../../provision/broker.js';
import type {Talk} from '../../provision/problem.js';
import {ExitCode} from '../exit-codes.js';
import {defaultPort, type UpOptions, type UpWorld} from './options.js';
import {type Address, addressesOf, greetsAsBroker, portRefusal} from './port.js';
import {UpProblem} from './problem.js';

const loopback = '127.0.0.1';

export type BrokerChoice = {
  readonly server: string;
  /** Null when the broker is not ours to run. */
  readonly own: {readonly broker: Broker; readonly address: Address} | null;
};

export async function chooseBroker(
  {server, port}: UpOptions,
  {env, cacheDir}: UpWorld,
  {talk, signal}: {readonly talk: Talk; readonly signal: AbortSignal},
): Promise<BrokerChoice> {
  // A port asks for a broker of our own, and options win over the environment.
  const running = server ?? (port === undefined ? env['NATS_URL'] : undefined);
  if (running !== undefined && running !== '') {
    await expectBroker(running);
    return {server: running, own: null};
  }

  const address = {host: loopback, port: port ?? defaultPort};
  await expectFree(address);
  const broker = await findBroker({env, cacheDir, talk, signal});
  talk(`broker: nats-server ${broker.version} (${broker.path})`);
  return {server: `nats://${loopback}:${address.port}`, own: {broker, address}};
}

async function expectBroker(servers: string): Promise<void> {
  const addresses = addressesOf(servers);
  if (addresses === null) {
    throw new UpProblem(
      ExitCode.usage,
      `'${servers}' is no NATS address, such as nats://127.0.0.1:4222`,
    );
  }

  const answers = await Promise.all(addresses.map(greetsAsBroker));
  if (!answers.includes(true)) {
    throw new UpProblem(
      ExitCode.connection,
      `no broker answers at ${servers} (from --server or NATS_URL): start it, or leave both out, ` +
        'and a broker is started here',
    );
  }
}

async function expectFree(address: Address): Promise<void> {
  const refusal = await portRefusal(address);
  if (refusal === '') {
    return;
  }

  const where = `port ${address.port}`;
  const another = `choose another with --port, for example --port ${address.port + 111}`;
  if (refusal !== 'EADDRINUSE') {
    throw new UpProblem(ExitCode.generic, `${where} cannot be used (${refusal}): ${another}`);
  }

  const url = `nats://${address.host}:${address.port}`;
  const text = (await greetsAsBroker(address))
    ? `${where} is taken by a NATS broker: use it with --server ${url}, or ${another}`
    : `${where} is taken by another program: ${another}`;
  throw new UpProblem(ExitCode.generic, text);
}
