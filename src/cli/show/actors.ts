/**
 * Supervision trees for a terminal. A host has a partition actor for each partition it owns: those
 * where all is well are one line, unless all are asked for.
 */
import type {TreeNode} from '../../../actors/host/tree.js';
import type {HostAnswer} from '../ask-hosts.js';
import {ExitCode} from '../exit-codes.js';
import {data, json} from '../output.js';
import {table} from './table.js';

export type TreesView = {
  readonly all: boolean;
  readonly asJson: boolean;
  /** The terminal is wiped first. */
  readonly isRedrawn: boolean;
};

const WIPE = '\u001B[H\u001B[2J\u001B[3J';
const HEALTHY = 'serving';

/** Answers with the exit code: unavailable when no host could be asked. */
export function tellTrees(answers: readonly HostAnswer[], view: TreesView): number {
  if (view.asJson) {
    const hosts = answers.map(({host, answer, problem}) => ({
      host,
      tree: answer ?? null,
      problem: problem === '' ? null : problem,
    }));
    json('actors.v1', {hosts});
  } else {
    const rows = answers.flatMap(({answer, host, problem}) =>
      answer === undefined ? [[host, `no answer: ${problem}`]] : rowsOf(answer as TreeNode, view),
    );
    const drawn = table(['actor', 'state', 'mailbox', 'restarts', 'last error'], rows);
    data(view.isRedrawn ? `${WIPE}${drawn}` : drawn);
  }

  const isAnyThere = answers.some(({answer}) => answer !== undefined);
  return isAnyThere ? ExitCode.ok : ExitCode.unavailable;
}

function rowsOf(root: TreeNode, {all}: TreesView): string[][] {
  const rows: string[][] = [rowOf(root, root.id)];
  const drawChildren = (parent: TreeNode, indent: string) => {
    const hidden = all ? [] : parent.children.filter(isHealthyPartition);
    const shown = parent.children.filter(child => !hidden.includes(child));
    const summary = hidden.length === 0 ? [] : [summaryOf(hidden)];
    const lines = [...shown, ...summary];
    for (const [index, child] of lines.entries()) {
      const isLast = index === lines.length - 1;
      rows.push(rowOf(child, `${indent}${isLast ? '└─' : '├─'} ${child.id}`));
      drawChildren(child, `${indent}${isLast ? '   ' : '│  '}`);
    }
  };
  drawChildren(root, '');
  return rows;
}

function rowOf({state, mailboxDepth, restarts, lastError}: TreeNode, label: string): string[] {
  return [label, state, String(mailboxDepth), String(restarts), lastError];
}

function isHealthyPartition(node: TreeNode): boolean {
  return node.id.startsWith('partition.') && isWell(node);
}

function isWell({state, restarts, lastError, children}: TreeNode): boolean {
  const isServing = state.slice(state.lastIndexOf('.') + 1) === HEALTHY;
  return isServing && restarts === 0 && lastError === '' && children.every(isWell);
}

function summaryOf(hidden: readonly TreeNode[]): TreeNode {
  const mailboxDepth = hidden.reduce((sum, node) => sum + node.mailboxDepth, 0);
  const id = `${hidden.length} partitions, each with its vnode`;
  return {id, state: `all ${HEALTHY}`, mailboxDepth, restarts: 0, lastError: '', children: []};
}
