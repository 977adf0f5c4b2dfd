/**
 * `quorate up`: a whole cluster on one machine, as a foreground command.
 *
 *   check --> lock --> broker --> cluster file --> broker runs --> hosts run --> ready ... --> stop
 *
 * Invariants:
 *   1. Nothing is started before everything that can be checked was checked.
 *   2. Hosts stop before the broker, all within ten seconds; a second Ctrl-C does not wait.
 *   3. However `up` ends, its children end.
 */
import {mkdirSync} from 'node:fs';
import {resolve} from 'node:path';
import {ensureLibatomic, withLibraries} from '../../provision/libatomic.js';
import {errorCode} from '../../provision/error-code.js';
import {ProvisionProblem} from '../../provision/problem.js';
import type {Topology} from '../../topology/document.js';
import {ExitCode} from '../exit-codes.js';
import {type BrokerChoice, chooseBroker} from './broker-choice.js';
import {type Child, keepChild} from './children.js';
import {openCluster} from './cluster-file.js';
import {stopAll, untilOver, untilReady} from './lifetime.js';
import {defaultData, optionProblem, type UpOptions, type UpWorld} from './options.js';
import type {ProcessSpec} from './launch.js';
import {UpProblem} from './problem.js';
import {lockData, type RunLock} from './run-lock.js';
import {listenForStop, type StopRequests} from './signals.js';
import {brokerSpec, hostSpec} from './specs.js';
import {createVoice, type Voice} from './voice.js';

const hostStopTimeoutMs = 8_000;
const brokerStopTimeoutMs = 1_500;

/** Runs until it is told to stop or cannot go on. Returns the exit code. */
export async function runUp(options: UpOptions, world: UpWorld): Promise<number> {
  const voice = createVoice(options.json ?? false);
  const stop = listenForStop();
  let lock: RunLock | null = null;
  try {
    const problem = optionProblem(options);
    if (problem !== null) {
      throw new UpProblem(ExitCode.usage, problem);
    }

    const dataDir = resolve(options.data ?? defaultData);
    // The folder holds the cluster's secret.
    mkdirSync(dataDir, {recursive: true, mode: 0o700});
    lock = await lockData(dataDir, {talk: voice.progress, signal: stop.asked});
    return await runCluster({options, world, voice, stop, lock, dataDir});
  } catch (error) {
    if (stop.asked.aborted && error instanceof Error && error.name === 'AbortError') {
      return exitCodeOf(stop);
    }

    const {text, exitCode} = explain(error);
    voice.problem(text, exitCode);
    return exitCode;
  } finally {
    lock?.release();
  }
}

type Run = {
  readonly options: UpOptions;
  readonly world: UpWorld;
  readonly voice: Voice;
  readonly stop: StopRequests;
  readonly lock: RunLock;
  readonly dataDir: string;
};

async function runCluster(run: Run): Promise<number> {
  const {options, world, voice, stop, dataDir} = run;
  const upkeep = {talk: voice.progress, signal: stop.asked};
  const cluster = openCluster(dataDir, options);
  const {topology} = cluster;
  const choice = await chooseBroker(options, world, upkeep);
  const libraries = await ensureLibatomic({...upkeep, env: world.env, cacheDir: world.cacheDir});
  cluster.shortfalls.forEach(voice.progress);
  cluster.store();
  const env = withLibraries(world.env, libraries);

  const brokers: Child[] = [];
  const hosts: Child[] = [];
  try {
    if (choice.own !== null) {
      const {broker, address} = choice.own;
      const {
        partitions,
        cluster: {name},
      } = topology;
      const spec = brokerSpec(
        broker,
        address,
        {partitions, root: name},
        commonOf(run, 'broker', env),
      );
      brokers.push(keep(run, 'broker', spec, brokerStopTimeoutMs));
      await untilReady(brokers, stop);
    }

    for (const {id} of topology.hosts) {
      const place = {id, server: choice.server, topology: cluster.path};
      const spec = hostSpec(world.hostCommand, place, commonOf(run, id, env));
      hosts.push(keep(run, id, spec, hostStopTimeoutMs));
    }

    await untilReady(hosts, stop);
    voice.ready(...readiness(topology, choice, options));
    await untilOver(brokers, hosts, stop);
    return exitCodeOf(stop);
  } finally {
    await stopAll([hosts, brokers], stop);
    voice.stopped();
  }
}

const commonOf = ({dataDir, lock}: Run, name: string, env: NodeJS.ProcessEnv) => ({
  dataDir,
  env,
  onPid: (pid: number | null) => lock.note(name, pid),
});

const keep = ({options, voice}: Run, name: string, spec: ProcessSpec, stopTimeoutMs: number) =>
  keepChild({name, spec, restart: options.restart ?? true, stopTimeoutMs, tell: voice.child});

function readiness(topology: Topology, {server, own}: BrokerChoice, options: UpOptions) {
  const {hosts, partitions, n, cluster} = topology;
  const data = options.data ?? defaultData;
  const ids = hosts.map(({id}) => id);
  // The command line looks at the default port by itself.
  const to = own?.address.port === 4222 ? '' : ` --server ${server}`;
  const tries = [
    `npx quorate put users alice '{"name":"Alice"}'${to}`,
    `npx quorate get users alice${to}`,
    `npx quorate status${to}`,
  ];
  return [{server, cluster: cluster.name, hosts: ids, partitions, n, data}, tries] as const;
}

/** Ctrl-C tells so to a shell; the other two are how a service manager ends a service in order. */
const exitCodeOf = (stop: StopRequests): number =>
  stop.signal() === 'SIGINT' ? ExitCode.interrupted : ExitCode.ok;

function explain(error: unknown): {text: string; exitCode: number} {
  if (error instanceof UpProblem) {
    return {text: error.message, exitCode: error.exitCode};
  }

  const known = error instanceof ProvisionProblem || errorCode(error) !== '';
  const text = error instanceof Error ? (known ? error.message : error.stack) : String(error);
  return {text: text ?? String(error), exitCode: ExitCode.generic};
}
