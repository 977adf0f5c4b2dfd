/** Tables for a terminal. */
import Table from 'cli-table3';

const NOTHING = '';
const SIDES = ['', '-left', '-mid', '-right'];
const BORDERS = ['left', 'left-mid', 'mid', 'mid-mid', 'right', 'right-mid'].concat(
  SIDES.flatMap(side => [`top${side}`, `bottom${side}`]),
);

/** Columns with two spaces between them, no lines and no colours: for eyes and for `awk` alike. */
export function table(head: readonly string[], rows: ReadonlyArray<readonly string[]>): string {
  const made = new Table({
    chars: {...Object.fromEntries(BORDERS.map(border => [border, NOTHING])), middle: '  '},
    style: {'padding-left': 0, 'padding-right': 0, head: [], border: []},
  });
  made.push([...head], ...rows.map(row => [...row]));
  const lines = made.toString().split('\n');
  return `${lines.map(line => line.trimEnd()).join('\n')}\n`;
}
