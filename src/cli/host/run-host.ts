/**
 * Puts a host together from the real adapters and runs it: the composition root of a host process.
 */
import {startHost, type RunningHost} from '../../../actors/host/host.effects.js';
import {connectNats} from '../../adapters/nats-transport.js';
import {RocksStorage} from '../../adapters/rocks-storage.js';
import {SystemClock} from '../../adapters/system-clock.js';
import {SystemRandom} from '../../adapters/system-random.js';
import {StorageFailure} from '../../ports/storage.js';
import type {Transport} from '../../ports/transport.js';
import {Subjects} from '../../subjects.js';
import {describeError} from '../../supervision.js';
import {TopologyRefused} from '../../topology/choose.js';
import {ExitCode} from '../exit-codes.js';
import {splitServer} from '../../adapters/server-url.js';
import {answersElsewhere} from './answers-elsewhere.js';
import {type HostOptions, hostConfigOf, Refusal} from './host-config.js';
import {createLog, type Log} from './log.js';

type Narration = {
  readonly log: Log;
  readonly transport: Transport;
  readonly subjects: Subjects;
};

/** Resolves with the exit code once the host has ended. */
export async function runHost(options: HostOptions): Promise<number> {
  const log = createLog(options.id);
  try {
    return await run(options, log);
  } catch (error) {
    log.fatal({event: 'failed', error: describeError(error)}, describeError(error));
    return exitCodeOf(error);
  }
}

async function run(options: HostOptions, log: Log): Promise<number> {
  const {id, data} = options;
  const config = hostConfigOf(options);
  const clock = new SystemClock();
  const random = new SystemRandom();
  const connect = (name: string): Promise<Transport> =>
    connectNats({
      ...splitServer(options.server),
      name,
      onError: error => log.warn({event: 'transport'}, describeError(error)),
    });
  const transport = await connect(id);
  const bulk = await connect(`${id}.bulk`).catch(async (error: unknown) => {
    await close(transport);
    throw error;
  });
  const subjects = new Subjects(config.topology?.cluster.name ?? 'quorate');
  try {
    if (await answersElsewhere(id, {transport, subjects, random, clock})) {
      throw new Refusal(
        ExitCode.storeLocked,
        `a host with the id ${id} answers already: stop it, or start this one under another id`,
      );
    }

    return await new Promise((resolve, reject) => {
      const host = startHost(
        {clock, random, transport, bulk, storage: new RocksStorage(data), exit: killMyself},
        config,
        {
          ...narrate(id, {log, transport, subjects}),
          onStopped: () => resolve(ExitCode.ok),
          onFailed: reject,
        },
      );
      stopWhenTold(host, log);
    });
  } finally {
    await Promise.all([close(transport), close(bulk)]);
    log.info({event: 'stopped'}, 'stopped');
    if (process.connected) {
      process.removeAllListeners('disconnect').disconnect();
    }
  }
}

function narrate(id: string, {log, transport, subjects}: Narration) {
  return {
    onReady: () => {
      log.info({event: 'ready'}, 'ready');
      process.send?.({type: 'ready', host: id});
    },
    onEvent: (kind: string, details: Readonly<Record<string, unknown>>) => {
      log.info({event: kind, ...details}, kind);
      if (kind === 'salvaging') {
        process.send?.({type: 'progress', host: id});
      }

      const event = JSON.stringify({host: id, kind, ...details});
      transport.publish(subjects.event(id, kind), Buffer.from(event));
    },
  };
}

/** As a power cut would: nothing is flushed, nobody is told. */
function killMyself(): void {
  process.kill(process.pid, 'SIGKILL');
}

/** A signal, a word from the parent, or the parent's death: each ends the host in order. */
function stopWhenTold(host: RunningHost, log: Log): void {
  const stop = (why: string) => {
    log.info({event: 'stopping', why}, `stopping: ${why}`);
    host.stop();
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => stop(signal));
  }

  process.on('disconnect', () => stop('the parent process ended'));
  process.on('message', message => {
    if (typeof message === 'object' && message !== null && 'type' in message) {
      if (message.type === 'stop') {
        stop('the parent process asked');
      }
    }
  });
}

function exitCodeOf(error: unknown): number {
  if (error instanceof Refusal) {
    return error.exitCode;
  }

  if (error instanceof TopologyRefused) {
    return ExitCode.configuration;
  }

  if (error instanceof StorageFailure) {
    switch (error.code) {
      case 'CORRUPT':
        return ExitCode.storeCorrupt;
      case 'LOCKED':
        return ExitCode.storeLocked;
      case 'CANNOT_LOAD':
        return ExitCode.configuration;
      default:
        return ExitCode.generic;
    }
  }

  return ExitCode.generic;
}

function close(transport: Transport): Promise<void> {
  return new Promise(resolve => {
    transport.close(resolve);
  });
}
