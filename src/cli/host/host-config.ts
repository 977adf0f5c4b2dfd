/**
 * Makes a host's configuration of its command line: the defaults, and what was asked for instead.
 * Nothing is opened or connected before all of it has been checked.
 */
import {readFileSync} from 'node:fs';
import type {HostConfig} from '../../../actors/host/config.js';
import type {Durability} from '../../../actors/store/store.effects.js';
import {DEFAULT_HOST_CONFIG, withoutHealing} from '../../config.js';
import {parseWindow, type Window} from '../../repair/window.js';
import {describeError} from '../../supervision.js';
import {parseTopology, type Topology} from '../../topology/document.js';
import {ExitCode} from '../exit-codes.js';
import {VERSION} from '../version.js';

export type HostOptions = {
  readonly id: string;
  readonly data: string;
  readonly server: string;
  readonly topology?: string | undefined;
  readonly durability: string;
  readonly cacheMb?: string | undefined;
  readonly repairWindow?: string | undefined;
  readonly hintsMb?: string | undefined;
  readonly dev?: true | undefined;
  readonly withoutHealing?: true | undefined;
};

/** What was asked for cannot be. */
export class Refusal extends Error {
  constructor(
    readonly exitCode: number,
    message: string,
  ) {
    super(message);
  }
}

/** Throws `Refusal` for what cannot be. */
export function hostConfigOf(options: HostOptions): HostConfig {
  const {id, cacheMb, hintsMb, dev, withoutHealing: isBare} = options;
  const usual = isBare === true ? withoutHealing(DEFAULT_HOST_CONFIG) : DEFAULT_HOST_CONFIG;
  const {store, hints, repair} = usual;
  if (isBare === true && dev !== true) {
    throw new Refusal(ExitCode.usage, '--without-healing needs --dev: it is for measurements');
  }

  return {
    ...usual,
    id,
    version: VERSION,
    isDevelopment: dev === true,
    store: {
      ...store,
      durability: checkDurability(options.durability),
      cacheBytes: bytesOf('--cache-mb', cacheMb, store.cacheBytes),
      readsAtOnce: readsAtOnce(),
    },
    hints: {...hints, bytesMax: bytesOf('--hints-mb', hintsMb, hints.bytesMax)},
    repair: {...repair, window: windowOf(options)},
    topology: options.topology === undefined ? null : readTopology(options.topology, id),
  };
}

function readTopology(file: string, host: string): Topology {
  let topology: Topology;
  try {
    topology = parseTopology(readFileSync(file, 'utf8'));
  } catch (error) {
    const text = `the topology in ${file} cannot be used: ${describeError(error)}`;
    throw new Refusal(ExitCode.configuration, text);
  }

  const known = topology.hosts.map(({id}) => id);
  if (!known.includes(host)) {
    const text = `the topology in ${file} does not name ${host}: it names ${known.join(', ')}`;
    throw new Refusal(ExitCode.configuration, text);
  }

  return topology;
}

function checkDurability(text: string): Durability {
  if (text === 'fsync' || text === 'interval' || text === 'none') {
    return text;
  }

  const allowed = 'use fsync, interval or none';
  throw new Refusal(ExitCode.usage, `--durability cannot be '${text}': ${allowed}`);
}

/** Of an option in MiB; `otherwise` where it is not given. */
function bytesOf(option: string, given: string | undefined, otherwise: number): number {
  if (given === undefined) {
    return otherwise;
  }

  if (!/^[1-9]\d{0,5}$/.test(given)) {
    throw new Refusal(ExitCode.usage, `${option} cannot be '${given}': use a number of MiB`);
  }

  return Number(given) * 1024 * 1024;
}

function windowOf({repairWindow}: HostOptions): Window | null {
  const window = repairWindow === undefined ? null : parseWindow(repairWindow);
  if (repairWindow !== undefined && window === null) {
    const text = `--repair-window cannot be '${repairWindow}': use hours in UTC, as 22:00-06:00`;
    throw new Refusal(ExitCode.usage, text);
  }

  return window;
}

/** Three quarters of the pool: commits, and what else the engine is asked, have the rest. */
function readsAtOnce(): number {
  const threads = Number(process.env['UV_THREADPOOL_SIZE'] ?? 4);
  return threads >= 4 && threads <= 1024 ? Math.floor((threads * 3) / 4) : 2;
}
