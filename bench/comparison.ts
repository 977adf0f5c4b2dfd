/** The comparison with the peers: measured, and told as tables, ratios and a chart. */
import type {Context, Report} from './context.js';
import {runMatrix} from './matrix.js';
import {durabilityTable, processTable, resultTable} from './report/table.js';
import {targetTable, verdicts} from './report/targets.js';
import {missing} from './systems/catalog.js';

const RECORDS = 50_000;
const VALUE_BYTES = 1_024;

export async function compare(context: Context): Promise<Report> {
  const {stage, options, progress} = context;
  const skipped = options.systems
    .map(system => ({system, why: missing(system)}))
    .filter(({why}) => why !== '');
  for (const {system, why} of skipped) {
    progress.say(`${system} is left out: ${why}`);
  }

  const {rounds, measureMs, warmUpMs, burnInMs} = options;
  const records = options.records ?? RECORDS;
  const valueBytes = options.valueBytes ?? VALUE_BYTES;
  const systems = options.systems.filter(name => skipped.every(({system}) => system !== name));
  const plan = {...options, systems, records, valueBytes};
  const {rows, versions} = await runMatrix(stage, plan, progress);
  const targets = verdicts(rows);
  const left = skipped.map(({system, why}) => `${system} was left out: ${why}\n`).join('');
  const tables = [durabilityTable(rows) + left, resultTable(rows), processTable(rows)];
  const setting = {records, valueBytes, rounds, measureMs, warmUpMs, burnInMs};
  return {
    rows,
    text: [...tables, targetTable(targets)].join('\n'),
    fields: {versions, setting, skipped, results: rows, targets},
  };
}
