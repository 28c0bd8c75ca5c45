/** An answer as bars or lines. Loaded only where one is drawn. */
import { BarChart, LineChart } from 'echarts/charts';
import { GridComponent, LegendComponent, TooltipComponent } from 'echarts/components';
import { use as register } from 'echarts/core';
import { CanvasRenderer } from 'echarts/renderers';
import { useCallback } from 'react';
import { figure } from '../../pure/format';
import { axis, EChart, tooltip, type Inks } from '../../parts/EChart';
import type { Row } from './queries';
import { cell, type Drawn } from './shape';

register([BarChart, LineChart, GridComponent, LegendComponent, TooltipComponent, CanvasRenderer]);

export default function Drawing({ drawn, rows }: { drawn: Drawn; rows: readonly Row[] }) {
  const option = useCallback(
    (inks: Inks) => ({
      grid: { left: 8, right: 14, top: drawn.up.length > 1 ? 36 : 12, bottom: 8, outerBoundsMode: 'same', outerBoundsContain: 'axisLabel' },
      legend: drawn.up.length > 1 ? { top: 0, textStyle: { color: inks.text } } : undefined,
      tooltip: { trigger: 'axis', ...tooltip(inks), valueFormatter: (value: unknown) => (typeof value === 'number' ? figure(value) : '–') },
      xAxis: { type: 'category', data: rows.map((row) => cell(row[drawn.across])), ...axis(inks) },
      yAxis: { type: 'value', scale: drawn.kind === 'line', splitLine: { lineStyle: { color: inks.rule } }, ...axis(inks), axisLabel: { ...axis(inks).axisLabel, formatter: (value: number) => figure(value) } },
      series: drawn.up.map((name) => ({
        type: drawn.kind === 'bars' ? 'bar' : 'line', name, showSymbol: rows.length < 40, barMaxWidth: 42,
        data: rows.map((row) => (typeof row[name] === 'number' ? row[name] : row[name] === null ? null : Number(row[name]))),
      })),
    }),
    [drawn, rows],
  );
  return <EChart label={`${drawn.up.join(', ')} by ${drawn.across}`} height={340} option={option} />;
}
