/**
 * A real broker for one test: on loopback or in a place of a network, on a port of its own choice,
 * in a folder of its own.
 */
import {type ChildProcess, spawn} from 'node:child_process';
import {existsSync} from 'node:fs';
import {mkdtemp, readFile, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {delimiter, join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import type {Place} from './network.js';

export type TestBroker = {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** Sends a signal without waiting for what comes of it. */
  signal(signal: NodeJS.Signals): void;
  /** Ends the process at once, as a crash would, and waits until it has. */
  stop(): Promise<void>;
  /** Another one of the same configuration on the same port, after `stop`. */
  restart(): Promise<TestBroker>;
};

export type BrokerOptions = {
  /** Further lines of nats-server configuration. */
  readonly config?: string;
  /** Default: one that the broker finds free. */
  readonly port?: number;
  /** Default: on loopback. */
  readonly place?: Place;
};

const startTimeoutMs = 15_000;

export async function startBroker(options: BrokerOptions = {}): Promise<TestBroker> {
  const program = brokerProgram();
  const folder = await mkdtemp(join(tmpdir(), 'quorate-broker-'));
  const configFile = join(folder, 'nats.conf');
  const {place, port: wanted = -1} = options;
  const address = place?.address ?? '127.0.0.1';
  const lines = [`listen: "${address}:${wanted}"`, `ports_file_dir: "${folder}"`];
  await writeFile(configFile, [...lines, options.config ?? '', ''].join('\n'));

  const [command, ...args] = [...(place?.enter ?? []), program, '-c', configFile];
  const child = spawn(command, args, {stdio: ['ignore', 'ignore', 'pipe']});
  const log: string[] = [];
  child.stderr.setEncoding('utf8').on('data', (text: string) => log.push(text));
  const ended = new Promise<void>(resolve => child.once('close', () => resolve()));
  const stop = async () => {
    child.kill('SIGKILL');
    await ended;
    await rm(folder, {recursive: true, force: true});
  };

  const url = await announcedUrl(child, folder);
  if (url === null) {
    await stop();
    throw new Error(`nats-server does not accept connections:\n${log.join('')}`);
  }
  const port = Number(new URL(url).port);
  const restart = () => startBroker({...options, port});
  const signal = (name: NodeJS.Signals) => void child.kill(name);
  return {url, port, pid: child.pid ?? 0, signal, stop, restart};
}

/** Once it listens, a broker writes its addresses to a file that is named after its process. */
async function announcedUrl(child: ChildProcess, folder: string): Promise<string | null> {
  const giveUp = AbortSignal.timeout(startTimeoutMs);
  while (child.exitCode === null && !giveUp.aborted) {
    const file = join(folder, `nats-server_${child.pid}.ports`);
    const text = await readFile(file, 'utf8').catch(() => '');
    const url = /nats:\/\/[\d.]+:\d+(?=")/.exec(text)?.[0];
    if (url !== undefined) {
      return url;
    }
    await sleep(10);
  }
  return null;
}

/** The one place that knows where tests find nats-server. */
function brokerProgram(): string {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin'];
  const places = folders.map(folder => join(folder, 'nats-server'));
  const program = [process.env['QUORATE_NATS_SERVER'] ?? '', ...places].find(existsSync);
  if (program === undefined) {
    throw new Error('no nats-server found: `npm test` fetches one, or set QUORATE_NATS_SERVER');
  }
  return program;
}
