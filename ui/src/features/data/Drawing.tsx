/** An answer as bars or lines. Loaded only where one is drawn. */
import { BarChart, LineChart } from 'echarts/charts';
import { GridComponent, LegendComponent, TooltipComponent } from 'echarts/components';
import { use as register } from 'echarts/core';
import { CanvasRenderer } from 'echarts/renderers';
import { useCallback } from 'react';
import { figure } from '../../pure/format';
import { axis, EChart, tooltip, type Inks } from '../../parts/EChart';
import type { Row } from './queries';
import { atTheRight, cell, type Drawn } from './shape';

register([BarChart, LineChart, GridComponent, LegendComponent, TooltipComponent, CanvasRenderer]);

export default function Drawing({ drawn, rows }: { drawn: Drawn; rows: readonly Row[] }) {
  const option = useCallback(
    (inks: Inks) => {
      const value = (row: Row, name: string) => (row[name] === null || row[name] === undefined ? null : Number(row[name]));
      const right = atTheRight(drawn.up.map((name) => Math.max(...rows.map((row) => Math.abs(value(row, name) ?? 0)))));
      const scale = (lines: boolean) => ({
        type: 'value', scale: drawn.kind === 'line', splitLine: { show: lines, lineStyle: { color: inks.rule } }, ...axis(inks), alignTicks: true,
        axisLabel: { ...axis(inks).axisLabel, formatter: (tick: number) => figure(tick) },
      });
      return {
      grid: { left: 8, right: 14, top: drawn.up.length > 1 ? 36 : 12, bottom: 8, outerBoundsMode: 'same', outerBoundsContain: 'axisLabel' },
      legend: drawn.up.length > 1 ? { top: 0, textStyle: { color: inks.text } } : undefined,
      tooltip: { trigger: 'axis', ...tooltip(inks), valueFormatter: (value: unknown) => (typeof value === 'number' ? figure(value) : '–') },
      xAxis: { type: 'category', data: rows.map((row) => cell(row[drawn.across])), ...axis(inks) },
      yAxis: right.includes(true) ? [scale(true), scale(false)] : scale(true),
      series: drawn.up.map((name, at) => ({
        yAxisIndex: right[at] === true ? 1 : 0, type: drawn.kind === 'bars' ? 'bar' : 'line', name, showSymbol: rows.length < 40, barMaxWidth: 42,
        data: rows.map((row) => value(row, name)),
      })),
      };
    },
    [drawn, rows],
  );
  return <EChart label={`${drawn.up.join(', ')} by ${drawn.across}`} height={340} option={option} />;
}
