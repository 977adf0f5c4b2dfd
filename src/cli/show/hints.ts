/**
 * The hints of all hosts for a terminal: a line for each host and each owner that it keeps some
 * for. Told again and again, a bar shows how many of the most that were seen are delivered.
 */
import type {HintsReport, TargetReport} from '../../../actors/host/services/hints.js';
import type {HostAnswer} from '../ask-hosts.js';
import {ExitCode} from '../exit-codes.js';
import {data, json} from '../output.js';
import {table} from './table.js';

const WIPE = '\u001B[H\u001B[2J\u001B[3J';
const BAR_CELLS = 20;
const KIB = 1024;

export class HintsView {
  /** By host and target: the most hints that were seen. */
  readonly #most = new Map<string, number>();

  constructor(
    private readonly options: {
      readonly asJson: boolean;
      /** The terminal is wiped first. */
      readonly isRedrawn: boolean;
    },
  ) {}

  /** Answers with the exit code: unavailable when no host could be asked. */
  tell(answers: readonly HostAnswer[]): number {
    const {asJson, isRedrawn} = this.options;
    if (asJson) {
      const hosts = answers.map(({host, answer, problem}) => ({
        host,
        hints: answer ?? null,
        problem: problem === '' ? null : problem,
      }));
      json('hints.v1', {hosts});
    } else {
      data(`${isRedrawn ? WIPE : ''}${this.#draw(answers)}`);
    }

    const isAnyThere = answers.some(({answer}) => answer !== undefined);
    return isAnyThere ? ExitCode.ok : ExitCode.unavailable;
  }

  #draw(answers: readonly HostAnswer[]): string {
    const reports = answers.map(({answer}) => answer as HintsReport | undefined);
    const count = reports.reduce((sum, report) => sum + (report?.count ?? 0), 0);
    const bytes = reports.reduce((sum, report) => sum + (report?.bytes ?? 0), 0);
    const rows = answers.flatMap((answer, at) => this.#rowsOf(answer, reports[at]));
    const heads = ['host', 'keeps for', 'hints', 'size', 'oldest', 'delivery', 'rate', 'left'];
    const summary = `${count} hints are kept, ${sizeText(bytes)}\n\n`;
    return `${summary}${table([...heads, 'delivered'], rows)}`;
  }

  #rowsOf({host, problem}: HostAnswer, report: HintsReport | undefined): string[][] {
    if (report === undefined) {
      return [[host, `no answer: ${problem}`]];
    }

    if (!report.isKeeping) {
      return [[host, 'looks through its disk']];
    }

    return report.targets.length === 0
      ? [[host, 'nobody']]
      : report.targets.map(target => this.#rowOf(host, target));
  }

  #rowOf(host: string, report: TargetReport): string[] {
    const {target, count, bytes, oldestAgeMs, state, perSecond, etaMs} = report;
    const place = `${host} ${target}`;
    const most = Math.max(count, this.#most.get(place) ?? 0);
    this.#most.set(place, most);
    return [
      host,
      target,
      String(count),
      sizeText(bytes),
      durationText(oldestAgeMs),
      state,
      `${perSecond}/s`,
      durationText(etaMs),
      most > count || state === 'delivering' ? barOf((most - count) / most) : '',
    ];
  }
}

export function sizeText(bytes: number): string {
  const [amount, unit] =
    bytes < KIB
      ? [bytes, 'bytes']
      : bytes < KIB * KIB
        ? [bytes / KIB, 'KiB']
        : [bytes / KIB / KIB, 'MiB'];
  return `${unit === 'bytes' ? amount : amount.toFixed(1)} ${unit}`;
}

export function durationText(ms: number | null): string {
  if (ms === null) {
    return '';
  }

  const seconds = Math.round(ms / 1_000);
  const [hours, minutes] = [Math.floor(seconds / 3_600), Math.floor((seconds % 3_600) / 60)];
  return hours > 0
    ? `${hours} h ${minutes} min`
    : minutes > 0
      ? `${minutes} min ${seconds % 60} s`
      : `${seconds} s`;
}

function barOf(part: number): string {
  const full = Math.floor(part * BAR_CELLS);
  const bar = '█'.repeat(full) + '░'.repeat(BAR_CELLS - full);
  return `${bar} ${Math.floor(part * 100)} %`;
}
