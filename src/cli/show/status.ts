/** Shows a cluster and its hosts, as a table or as JSON. */
import type {PublicTopology} from '../../topology/document.js';
import type {HostAnswer} from '../ask-hosts.js';
import {data, json} from '../output.js';
import {table} from './table.js';
import {evidenceLines, summaryOf, viewsOf} from './views.js';

/**
 * Of what a host says of itself, what the table shows. Anything may be missing: hosts differ in
 * version.
 */
type HostStatus = {
  readonly version?: string;
  readonly epoch?: number;
  readonly partitionsOwned?: number;
  readonly partitionsServing?: number;
  readonly peers?: Readonly<Record<string, string>>;
  readonly durability?: string;
  readonly requestsInFlight?: number;
  readonly hints?: {readonly count: number; readonly isAlarmed: boolean};
};

export function tellStatus(
  topology: PublicTopology,
  answers: readonly HostAnswer[],
  asJson: boolean,
): void {
  const {cluster, epoch, partitions, n} = topology;
  if (asJson) {
    const hosts = answers.map(({host, answer, problem}) => ({
      host,
      answers: answer !== undefined,
      seen: viewsOf(host, answers),
      status: answer ?? null,
      problem: problem === '' ? null : problem,
    }));
    json('status.v1', {cluster, epoch, partitions, n, hosts});
    return;
  }

  const answering = answers.filter(({answer}) => answer !== undefined).length;
  const summary = `cluster ${cluster.name}: ${answering} of ${answers.length} hosts answer`;
  data(`${summary}, epoch ${epoch}, ${partitions} partitions, n ${n}\n\n`);
  const heads = ['host', 'seen as', 'state', 'partitions', 'links', 'in flight', 'hints', 'epoch'];
  const rows = answers.map(answer => rowOf(answer, summaryOf(viewsOf(answer.host, answers))));
  data(table([...heads, 'durability', 'version'], rows));
  const evidence = evidenceLines(answers);
  data(evidence.length === 0 ? '' : `\n${evidence.join('\n')}\n`);
}

function rowOf({host, answer, problem}: HostAnswer, seenAs: string): string[] {
  if (typeof answer !== 'object' || answer === null) {
    return [host, seenAs, `no answer: ${problem}`];
  }

  const status = answer as HostStatus;
  const {partitionsOwned = 0, partitionsServing = 0} = status;
  const links = Object.values(status.peers ?? {});
  const linked = links.filter(state => state === 'linked').length;
  const isWhole = partitionsServing === partitionsOwned && linked === links.length;
  return [
    host,
    seenAs,
    isWhole ? 'serving' : 'partly serving',
    `${partitionsServing}/${partitionsOwned}`,
    `${linked}/${links.length}`,
    String(status.requestsInFlight ?? ''),
    hintsText(status),
    String(status.epoch ?? ''),
    status.durability ?? '',
    status.version ?? '',
  ];
}

/** How many writes it keeps for others; old ones are told of. */
function hintsText({hints}: HostStatus): string {
  return hints === undefined ? '' : `${hints.count}${hints.isAlarmed ? ', old' : ''}`;
}
