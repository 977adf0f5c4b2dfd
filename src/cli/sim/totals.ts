/** What many seeds come to. */
import type {SeedReport} from './pool.js';

export class Totals {
  seeds = 0;
  operations = 0;
  acknowledgedWrites = 0;
  events = 0;
  virtualMs = 0;
  readonly faults: Record<string, number> = {};

  add(report: SeedReport): void {
    this.seeds += 1;
    this.operations += report.operations ?? 0;
    this.acknowledgedWrites += report.acknowledgedWrites ?? 0;
    this.events += report.events ?? 0;
    this.virtualMs += report.virtualMs ?? 0;
    for (const [kind, count] of Object.entries(report.faults ?? {})) {
      this.faults[kind] = (this.faults[kind] ?? 0) + count;
    }
  }

  toJson() {
    const {seeds, operations, acknowledgedWrites, events, virtualMs, faults} = this;
    return {seeds, operations, acknowledgedWrites, events, virtualMs, faults};
  }

  /** A line for each thing worth saying. */
  describe(): string[] {
    const hours = (this.virtualMs / 3_600_000).toFixed(1);
    const faults = Object.entries(this.faults).toSorted(([a], [b]) => a.localeCompare(b));
    const counts = faults.map(([kind, count]) => `${count} ${kind}`).join(', ');
    const work = `${this.operations} operations, ${this.acknowledgedWrites} acknowledged writes`;
    return [
      `${this.seeds} seeds: ${work} in ${hours} virtual hours`,
      `faults: ${counts === '' ? 'the weather alone' : counts}`,
    ];
  }
}
