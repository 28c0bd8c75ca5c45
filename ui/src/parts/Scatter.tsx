/** Dots over two axes, and lines over many. Loaded only where one is drawn. */
import { ParallelChart, ScatterChart } from 'echarts/charts';
import { GridComponent, ParallelComponent, TooltipComponent, VisualMapComponent } from 'echarts/components';
import { use as register } from 'echarts/core';
import { CanvasRenderer } from 'echarts/renderers';
import { useCallback } from 'react';
import { figure } from '../pure/format';
import { axis, EChart, tooltip, type Inks } from './EChart';

register([ParallelChart, ScatterChart, GridComponent, ParallelComponent, TooltipComponent, VisualMapComponent, CanvasRenderer]);

const SCALE = ['#3b4cc0', '#7b9ff9', '#c0d4f5', '#f2cbb7', '#ee8468', '#b40426'];

export interface Dot {
  name: string;
  x: number;
  y: number;
}

export function Dots({ label, dots, across, up, onOpen }: { label: string; dots: readonly Dot[]; across: string; up: string; onOpen: (at: number) => void }) {
  const option = useCallback(
    (inks: Inks, colours: readonly string[]) => {
      const named = (name: string) => ({ ...axis(inks), name, nameLocation: 'middle', nameTextStyle: { color: inks.text, fontSize: 12 }, scale: true, splitLine: { lineStyle: { color: inks.rule } } });
      return {
        grid: { left: 34, right: 20, top: 14, bottom: 34, outerBoundsMode: 'same', outerBoundsContain: 'axisLabel' },
        tooltip: { trigger: 'item', ...tooltip(inks), formatter: ({ dataIndex }: { dataIndex: number }) => {
          const dot = dots[dataIndex];
          return dot === undefined ? '' : `${dot.name}\n${across}  ${figure(dot.x)}\n${up}  ${figure(dot.y)}`;
        } },
        xAxis: { type: 'value', ...named(across), nameGap: 28, axisLabel: { ...axis(inks).axisLabel, formatter: (value: number) => figure(value) } },
        yAxis: { type: 'value', ...named(up), nameGap: 44, axisLabel: { ...axis(inks).axisLabel, formatter: (value: number) => figure(value) } },
        series: [{ type: 'scatter', symbolSize: 11, cursor: 'pointer', data: dots.map(({ x, y }, at) => ({ value: [x, y], itemStyle: { color: colours[at % colours.length], opacity: 0.9 } })) }],
      };
    },
    [dots, across, up],
  );
  const onClick = useCallback(({ dataIndex }: { dataIndex?: number }) => dataIndex !== undefined && onOpen(dataIndex), [onOpen]);
  return <EChart label={label} height={420} option={option} onClick={onClick} />;
}

export interface Dimension {
  name: string;
  /** A number for each line, or a word. */
  values: (number | string | undefined)[];
}

export function Parallel({ label, names, dimensions, colourBy }: { label: string; names: readonly string[]; dimensions: readonly Dimension[]; colourBy: Dimension | undefined }) {
  const option = useCallback(
    (inks: Inks, colours: readonly string[]) => {
      const all = colourBy === undefined ? dimensions : [...dimensions, colourBy];
      const shades = (colourBy?.values ?? []).filter((value) => typeof value === 'number');
      const last = dimensions.length;
      return {
        tooltip: { trigger: 'item', ...tooltip(inks), formatter: ({ dataIndex }: { dataIndex: number }) => names[dataIndex] ?? '' },
        parallel: { left: 56, right: shades.length > 0 ? 110 : 60, top: 44, bottom: 26, parallelAxisDefault: { nameLocation: 'end', nameGap: 16, nameTextStyle: { color: inks.strong, fontSize: 12 }, nameTruncate: { maxWidth: 120 } } },
        parallelAxis: dimensions.map(({ name, values }, dim) => {
          const words = values.some((value) => typeof value === 'string');
          const ticks = { ...axis(inks), axisLine: { lineStyle: { color: inks.text } } };
          return words
            ? { dim, name, type: 'category', data: [...new Set(values.filter((value) => value !== undefined).map(String))].sort(), ...ticks }
            : { dim, name, type: 'value', scale: true, ...ticks, axisLabel: { ...ticks.axisLabel, formatter: (value: number) => figure(value) } };
        }),
        visualMap: shades.length > 0
          ? { show: true, dimension: last, min: Math.min(...shades), max: Math.max(...shades), right: 6, top: 'middle', precision: 4, text: [figure(Math.max(...shades)), figure(Math.min(...shades))], itemHeight: 160, itemWidth: 12, textStyle: { color: inks.text }, inRange: { color: SCALE }, formatter: (value: number) => figure(value) }
          : undefined,
        series: [{
          type: 'parallel', lineStyle: { width: 2, opacity: 0.75 }, smooth: 0.15, inactiveOpacity: 0.06, emphasis: { lineStyle: { width: 4, opacity: 1 } },
          data: names.map((_, at) => ({
            value: all.map(({ values }) => values[at] ?? '-'),
            ...(shades.length > 0 ? {} : { lineStyle: { color: colours[at % colours.length] } }),
          })),
        }],
      };
    },
    [names, dimensions, colourBy],
  );
  // Where there is no room for all axes, it is pushed sideways.
  return (
    <div style={{ overflowX: 'auto' }} tabIndex={0} role="region" aria-label="Parallel coordinates">
      <div style={{ minWidth: 160 + dimensions.length * 104 }}>
        <EChart label={label} height={420} option={option} />
      </div>
    </div>
  );
}
