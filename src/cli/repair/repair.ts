/**
 * Asks all hosts to compare the owners of their partitions now, and follows how far they are.
 *
 * Each pair of owners is compared by one of the two. So the pairs are counted from the topology,
 * and a host that does not answer leaves its own unproven.
 */
import {setTimeout as sleep} from 'node:timers/promises';
import type {RepairReport} from '../../../actors/repair/report.js';
import type {Client} from '../../client/client.js';
import {QuorateError} from '../../client/errors.js';
import type {PublicTopology} from '../../topology/document.js';
import {ownersOf, policyOf} from '../../topology/lookup.js';
import {ExitCode} from '../exit-codes.js';
import {json, say} from '../output.js';
import {CliProblem} from '../problem.js';
import {showRepairProgress} from './progress.js';

export type RepairOptions = {
  readonly bucket: string | undefined;
  readonly partition: number | undefined;
  readonly wait: boolean;
  readonly asJson: boolean;
  readonly timeoutMs: number;
};

type Scope = {readonly partitions: readonly number[]; readonly copies: number | null};

const POLL_MS = 250;
/** Longer than a busy host takes, shorter than a person waits for one that is down. */
const PATIENCE_MS = 2_000;

export async function repair(client: Client, options: RepairOptions): Promise<number> {
  const topology = await client.topology();
  const scope = scopeOf(topology, options);
  const total = pairsOf(topology, scope);
  const round = new Round(client, topology, scope, Math.min(options.timeoutMs, PATIENCE_MS));
  await round.ask();
  if (!options.wait) {
    tell(round, total, options.asJson);
    return round.silent.length === 0 ? ExitCode.ok : ExitCode.unavailable;
  }

  const view = options.asJson ? null : await showRepairProgress(total);
  while (round.proven < total) {
    view?.update(round.proven, round.problems);
    await sleep(POLL_MS);
    await round.ask();
  }

  view?.stop(round.proven);
  tell(round, total, options.asJson);
  return ExitCode.ok;
}

/** What the hosts have said last. */
class Round {
  readonly #reports = new Map<string, RepairReport>();
  readonly #hosts: readonly string[];
  #silent: string[] = [];

  constructor(
    private readonly client: Client,
    {hosts}: PublicTopology,
    private readonly scope: Scope,
    private readonly timeoutMs: number,
  ) {
    this.#hosts = hosts.map(({id}) => id);
  }

  get proven(): number {
    return [...this.#reports.values()].reduce((sum, {proven}) => sum + proven, 0);
  }

  get silent(): readonly string[] {
    return this.#silent;
  }

  get problems(): string[] {
    return [
      ...this.#silent.map(host => `${host} does not answer`),
      ...[...this.#reports].flatMap(([host, {problems}]) =>
        problems.map(problem => `${host}: ${problem}`),
      ),
    ];
  }

  async ask(): Promise<void> {
    const {timeoutMs} = this;
    const silent: string[] = [];
    await Promise.all(
      this.#hosts.map(async host => {
        const {partitions, copies} = this.scope;
        const since = this.#reports.get(host)?.sinceMs ?? null;
        try {
          const told = await this.client.ask(host, 'repair', [partitions, copies, since], {
            timeoutMs,
          });
          this.#reports.set(host, told as RepairReport);
        } catch (error) {
          if (!(error instanceof QuorateError)) {
            throw error;
          }

          silent.push(host);
        }
      }),
    );
    this.#silent = silent.toSorted();
  }
}

function tell(round: Round, total: number, asJson: boolean): void {
  const {proven, silent, problems} = round;
  if (asJson) {
    json('repair.v1', {pairs: total, proven, silent, problems});
  } else if (proven === total) {
    say(`all ${total} pairs of owners are proven equal`);
  } else {
    say(`${total} pairs of owners are compared, ${proven} of them already; --wait waits for them`);
    problems.forEach(say);
  }
}

function scopeOf(topology: PublicTopology, {bucket, partition}: RepairOptions): Scope {
  if (partition !== undefined && partition >= topology.partitions) {
    const why = `the cluster has partitions 0 to ${topology.partitions - 1}`;
    const next = 'name one of them, or none for all';
    throw new CliProblem(ExitCode.usage, `there is no partition ${partition}`, why, next);
  }

  return {
    partitions: partition === undefined ? [...topology.owners.keys()] : [partition],
    copies: bucket === undefined ? null : policyOf(topology, bucket).n,
  };
}

function pairsOf(topology: PublicTopology, {partitions, copies}: Scope): number {
  return partitions
    .map(partition => ownersOf(topology, partition, copies ?? topology.n).length)
    .reduce((sum, owners) => sum + (owners * (owners - 1)) / 2, 0);
}
