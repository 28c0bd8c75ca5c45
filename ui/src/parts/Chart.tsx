/** Lines over an axis. Loaded only where one is drawn. */
import { useComputedColorScheme } from '@mantine/core';
import { LineChart } from 'echarts/charts';
import { GridComponent, TooltipComponent } from 'echarts/components';
import { init, use as register, type ECharts } from 'echarts/core';
import { CanvasRenderer } from 'echarts/renderers';
import { useEffect, useRef } from 'react';
import { figure } from '../pure/format';

register([LineChart, GridComponent, TooltipComponent, CanvasRenderer]);

export interface Lines {
  name: string;
  points: [number, number | null][];
  /** What the line was before it was smoothed: drawn faintly. */
  faint?: boolean;
}

interface Props {
  label: string;
  lines: readonly Lines[];
  time?: boolean;
  log?: boolean;
  height?: number;
}

const COLOUR = { light: '#0e7f96', dark: '#4db0c0' };

export default function Chart({ label, lines, time = false, log = false, height = 190 }: Props) {
  const holder = useRef<HTMLDivElement>(null);
  const chart = useRef<ECharts>(undefined);
  const scheme = useComputedColorScheme('light', { getInitialValueInEffect: false });
  useEffect(() => {
    if (holder.current === null) return undefined;
    const made = init(holder.current);
    chart.current = made;
    const watcher = new ResizeObserver(() => made.resize());
    watcher.observe(holder.current);
    return () => {
      watcher.disconnect();
      made.dispose();
    };
  }, []);
  useEffect(() => {
    const [ink, rule] = scheme === 'dark' ? ['#98a2ab', '#2c3238'] : ['#5c6670', '#e9ecef'];
    const axis = { axisLine: { lineStyle: { color: rule } }, axisTick: { show: false }, axisLabel: { color: ink, fontSize: 11, hideOverlap: true } };
    chart.current?.setOption(
      {
        animation: false,
        grid: { left: 8, right: 14, top: 10, bottom: 4, outerBoundsMode: 'same', outerBoundsContain: 'axisLabel' },
        tooltip: {
          trigger: 'axis', renderMode: 'richText', confine: true, backgroundColor: scheme === 'dark' ? '#22272c' : '#fff',
          borderColor: rule, textStyle: { color: scheme === 'dark' ? '#e6e9ec' : '#212529', fontSize: 12 },
          valueFormatter: (value: unknown) => (typeof value === 'number' ? figure(value) : '–'),
        },
        xAxis: { type: time ? 'time' : 'value', scale: true, splitLine: { show: false }, ...axis },
        yAxis: {
          type: log ? 'log' : 'value', scale: true, splitNumber: 4, splitLine: { lineStyle: { color: rule } }, ...axis,
          axisLabel: { ...axis.axisLabel, formatter: (value: number) => figure(value) },
        },
        series: lines.map(({ name, points, faint }) => ({
          type: 'line', name, showSymbol: points.length < 40, symbolSize: 5, sampling: 'lttb', silent: faint === true,
          data: log ? points.map(([x, y]) => [x, y !== null && y > 0 ? y : null]) : points,
          lineStyle: { width: faint === true ? 1 : 2, opacity: faint === true ? 0.3 : 1 }, itemStyle: { color: COLOUR[scheme], opacity: faint === true ? 0.3 : 1 },
        })),
      },
      { notMerge: true },
    );
  }, [lines, time, log, scheme]);
  return <div ref={holder} role="img" aria-label={label} style={{ height, width: '100%' }} />;
}
