/** How the hosts of a cluster see each other: every host as seen by every host that answers. */
import type {HostState} from '../../liveness.js';
import type {HostAnswer} from '../ask-hosts.js';

/** What one host says of another. */
export type View = {
  readonly by: string;
  readonly state: HostState;
  readonly evidence: string;
};

type Liveness = {
  readonly broker?: string;
  readonly doubt?: string;
  readonly hosts?: Readonly<Record<string, {readonly state: HostState; readonly evidence: string}>>;
};

/** Views of `host`. A host that does not answer has none. */
export function viewsOf(host: string, answers: readonly HostAnswer[]): View[] {
  return answers.flatMap(({host: by, answer}) => {
    const seen = livenessOf(answer).hosts?.[host];
    return seen === undefined ? [] : [{by, state: seen.state, evidence: seen.evidence}];
  });
}

/** `up` when all agree, else how many hold it for what; '' when nobody says anything. */
export function summaryOf(views: readonly View[]): string {
  const states = (['up', 'suspect', 'down'] as const).flatMap(state => {
    const by = views.filter(view => view.state === state);
    return by.length === 0 ? [] : [{state, by}];
  });
  return states.length <= 1
    ? (states[0]?.state ?? '')
    : states.map(({state, by}) => `${state} for ${by.map(one => one.by).join(', ')}`).join('; ');
}

/** A line for every view that is not `up`, and for every host that doubts its own eyes. */
export function evidenceLines(answers: readonly HostAnswer[]): string[] {
  const seen = answers.flatMap(({host}) =>
    viewsOf(host, answers)
      .filter(({state}) => state !== 'up')
      .map(({by, state, evidence}) => `${host} is ${state} for ${by}: ${evidence}`),
  );
  const doubts = answers.flatMap(({host, answer}) => {
    const {broker = 'connected', doubt = ''} = livenessOf(answer);
    return [
      ...(broker === 'connected' ? [] : [`${host} has lost the broker and judges nobody`]),
      ...(doubt === '' ? [] : [`${host} convicts nobody: ${doubt}`]),
    ];
  });
  return [...seen, ...doubts];
}

function livenessOf(answer: unknown): Liveness {
  const status = answer as {readonly liveness?: Liveness} | null | undefined;
  return status?.liveness ?? {};
}
