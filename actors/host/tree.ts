/** The live supervision tree of one host, as the console and `quorate actors` show it. */
import type {AnyActorRef, AnyMachineSnapshot} from 'xstate';
import type {Crash} from './host.messages.js';

export type TreeNode = {
  readonly id: string;
  /** The machine's current state, dots between nested states. */
  readonly state: string;
  /** Operations that wait or are under way. */
  readonly mailboxDepth: number;
  readonly restarts: number;
  /** '' when nothing has gone wrong. */
  readonly lastError: string;
  readonly children: readonly TreeNode[];
};

export type DepthOf = (path: string) => number;

export function describeTree(root: AnyActorRef, id: string, depthOf: DepthOf): TreeNode {
  return describe(root, id, id, NEVER, depthOf);
}

const NEVER: Crash = {restarts: 0, lastError: ''};

function describe(
  actor: AnyActorRef,
  id: string,
  path: string,
  crash: Crash,
  depthOf: DepthOf,
): TreeNode {
  const snapshot = actor.getSnapshot() as AnyMachineSnapshot;
  const context = (snapshot.context ?? {}) as Partial<Crash> & {
    readonly crashes?: Readonly<Record<string, Crash>>;
  };
  // A host keeps its children's crashes by id; a partition keeps those of its only child, the
  // vnode.
  const crashOf = (child: string): Crash =>
    context.crashes?.[child] ??
    (child === 'vnode'
      ? {restarts: context.restarts ?? 0, lastError: context.lastError ?? ''}
      : NEVER);

  return {
    id,
    state: snapshot.status === 'error' ? 'crashed' : stateText(snapshot.value),
    mailboxDepth: depthOf(path),
    ...crash,
    children: Object.entries(snapshot.children ?? {})
      .filter(([, child]) => child !== undefined)
      .map(([childId, child]) =>
        describe(child as AnyActorRef, childId, `${path}/${childId}`, crashOf(childId), depthOf),
      ),
  };
}

function stateText(value: unknown): string {
  if (typeof value !== 'object' || value === null) {
    return String(value);
  }

  return Object.entries(value)
    .map(([state, inner]) => `${state}.${stateText(inner)}`)
    .join(' ');
}
