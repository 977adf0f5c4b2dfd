/** Throughput against latency, one line a system, drawn as SVG: puts on the left, gets right. */
import {init, type EChartsOption} from 'echarts';
import type {Row} from './rows.js';

const SIZE = {width: 1_120, height: 520};
const PANELS = [
  {workload: 'put', left: '7%', title: 'put'},
  {workload: 'get', left: '55%', title: 'get'},
] as const;
const WIDTH = '40%';

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
  return {
    animation: false,
    backgroundColor: '#fff',
    title: [
      {
        text: 'Throughput against latency (solid p50, dashed p99)',
        subtext: caption,
        left: 'center',
      },
      ...PANELS.map(({title, left}) => ({
        ...{text: title, left, top: 78, textStyle: {fontSize: 14}},
      })),
    ],
    legend: {data: systems, bottom: 8},
    grid: PANELS.map(({left}) => ({left, width: WIDTH, top: 110, bottom: 90})),
    xAxis: PANELS.map((_, gridIndex) => ({
      ...{gridIndex, type: 'value' as const, name: 'operations a second'},
      ...{nameLocation: 'middle' as const, nameGap: 28},
    })),
    yAxis: PANELS.map((_, gridIndex) => ({gridIndex, type: 'log' as const, name: 'ms'})),
    series: PANELS.flatMap(({workload}, index) =>
      systems.flatMap(system =>
        (['p50Ms', 'p99Ms'] as const).map(figure => ({
          name: system,
          type: 'line' as const,
          xAxisIndex: index,
          yAxisIndex: index,
          symbolSize: figure === 'p50Ms' ? 7 : 4,
          lineStyle: {type: figure === 'p50Ms' ? ('solid' as const) : ('dashed' as const)},
          color: COLOURS[systems.indexOf(system) % COLOURS.length] ?? '#000',
          data: shown
            .filter(row => row.system === system && row.workload === workload)
            .toSorted((a, b) => (a.inFlight ?? 0) - (b.inFlight ?? 0))
            .map(row => [Math.round(row.opsPerSecond), row[figure]]),
        })),
      ),
    ),
  };
}

const COLOURS = ['#1f77b4', '#17becf', '#ff7f0e', '#d62728', '#7f7f7f'];
