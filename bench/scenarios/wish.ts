/** What a scenario wants to show, and whether it did. */
import {table} from '../../src/cli/show/table.js';

export type Wish = {
  readonly what: string;
  readonly wanted: string;
  readonly reached: string;
  readonly met: boolean;
};

export function wishTable(wishes: readonly Wish[]): string {
  return table(
    ['target', 'wanted', 'reached', ''],
    wishes.map(({what, wanted, reached, met}) => [what, wanted, reached, met ? 'met' : 'NOT MET']),
  );
}
