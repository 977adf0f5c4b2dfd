/**
 * What `up` says. Words: progress on stderr, `ready` and the lines to try on stdout. JSON: one
 * object a line, all on stdout, with the schema's name in each.
 */
import type {ProcessReport} from '../../../actors/process/process.messages.js';
import {describeExit} from '../exit-codes.js';

export type ReadyFacts = {
  readonly server: string;
  readonly cluster: string;
  readonly hosts: readonly string[];
  readonly partitions: number;
  readonly n: number;
  readonly data: string;
};

export type Voice = {
  readonly progress: (text: string) => void;
  readonly child: (name: string, report: ProcessReport) => void;
  readonly ready: (facts: ReadyFacts, tries: readonly string[]) => void;
  readonly problem: (text: string, exitCode: number) => void;
  readonly stopped: () => void;
};

const schema = 'quorate.up.v1';

export function createVoice(json: boolean): Voice {
  // A reader that went away (a closed pipe or terminal) is no reason to leave the cluster without
  // its supervisor.
  process.stdout.on('error', () => {});
  process.stderr.on('error', () => {});
  return json ? jsonVoice() : wordsVoice();
}

const line = (event: string, fields: object): void => {
  process.stdout.write(`${JSON.stringify({schema, event, ...fields})}\n`);
};

const say = (text: string): void => {
  process.stderr.write(`${text}\n`);
};

function jsonVoice(): Voice {
  return {
    progress: text => line('progress', {text}),
    child: (name, {kind, ...fields}) => line(`process.${kind}`, {name, ...fields}),
    ready: facts => line('ready', facts),
    problem: (text, exitCode) => line('problem', {text, exitCode}),
    stopped: () => line('stopped', {}),
  };
}

function wordsVoice(): Voice {
  return {
    progress: say,
    child(name, report) {
      const words = wordsOf(report);
      if (words !== '') {
        say(`${name}: ${words}`);
      }
    },
    ready(facts, tries) {
      const {server, cluster, hosts, partitions, n, data} = facts;
      const lines = [
        '',
        `ready  ${server}`,
        `       cluster ${cluster}, data ${data}`,
        `       ${hosts.length} hosts, ${partitions} partitions, n ${n}`,
        '',
        'Try in another shell, in this folder:',
        ...tries.map(command => `  ${command}`),
        '',
      ];
      process.stdout.write(`${lines.join('\n')}\n`);
    },
    problem: say,
    stopped: () => say('stopped'),
  };
}

function wordsOf(report: ProcessReport): string {
  switch (report.kind) {
    case 'ready':
      return 'ready';
    case 'overdue':
      return 'takes too long, killing it';
    case 'exited': {
      const {exit, restartInMs} = report;
      if (exit.code === 0) {
        return restartInMs === null ? 'stopped' : 'stopped by someone else, restarting';
      }

      const how = describeExit(exit.code, exit.signal);
      return restartInMs === null
        ? `ended (${how})`
        : `died (${how}), restarting in ${restartInMs / 1000} s`;
    }
    default:
      return '';
  }
}
