/** Throughput against latency, one line a system, drawn as SVG: puts on the left, gets right. */
import {type EChartsOption, init} from 'echarts';
import type {Row} from './rows.js';

const SIZE = {width: 1_120, height: 520};
const PANELS = [
  {workload: 'put', left: '7%'},
  {workload: 'get', left: '56%'},
] as const;
const PANEL_WIDTH = '40%';
const COLOURS = ['#1f77b4', '#17becf', '#ff7f0e', '#d62728', '#7f7f7f'];
const LINES = [
  {figure: 'p50Ms', type: 'solid', symbolSize: 7},
  {figure: 'p99Ms', type: 'dashed', symbolSize: 4},
] as const;

/** `caption` says on what and when it was measured. */
export function chartOf(rows: readonly Row[], caption: string): string {
  const chart = init(null, null, {renderer: 'svg', ssr: true, ...SIZE});
  try {
    chart.setOption(optionOf(rows, caption));
    return chart.renderToSVGString();
  } finally {
    chart.dispose();
  }
}

function optionOf(rows: readonly Row[], caption: string): EChartsOption {
  // RocksDB alone has no latency of its own to compare: it is a limit of throughput.
  const shown = rows.filter(row => row.inFlight !== null && row.system !== 'RocksDB limit');
  const systems = [...new Set(shown.map(({system}) => system))];
  const text = 'Latency against throughput as more is in flight (solid p50, dashed p99)';
  return {
    animation: false,
    backgroundColor: '#fff',
    color: COLOURS,
    title: [
      {text, subtext: caption, left: 'center'},
      ...PANELS.map(panel => ({
        text: panel.workload,
        left: panel.left,
        top: 66,
        textStyle: {fontSize: 14},
      })),
    ],
    legend: {data: systems, bottom: 8, itemGap: 24},
    grid: PANELS.map(({left}) => ({left, width: PANEL_WIDTH, top: 116, bottom: 96})),
    xAxis: PANELS.map((_, gridIndex) => ({
      gridIndex,
      type: 'value',
      name: 'operations a second',
      nameLocation: 'middle',
      nameGap: 28,
    })),
    yAxis: PANELS.map((_, gridIndex) => ({gridIndex, type: 'log', name: 'ms'})),
    series: systems.flatMap((system, index) =>
      seriesOf(
        shown.filter(row => row.system === system),
        COLOURS[index % COLOURS.length] ?? '#000',
      ),
    ),
  };
}

function seriesOf(rows: readonly Row[], color: string) {
  return PANELS.flatMap(({workload}, panel) =>
    LINES.map(({figure, type, symbolSize}) => ({
      name: rows[0]?.system ?? '',
      type: 'line' as const,
      xAxisIndex: panel,
      yAxisIndex: panel,
      symbolSize,
      color,
      lineStyle: {type},
      data: rows
        .filter(row => row.workload === workload)
        .toSorted((a, b) => (a.inFlight ?? 0) - (b.inFlight ?? 0))
        .map(row => [Math.round(row.opsPerSecond), row[figure]]),
    })),
  );
}
