/** Lines over an axis. Loaded only where one is drawn. */
import { LineChart, ScatterChart } from 'echarts/charts';
import { DataZoomInsideComponent, DataZoomSliderComponent, GridComponent, TooltipComponent } from 'echarts/components';
import { use as register } from 'echarts/core';
import { CanvasRenderer } from 'echarts/renderers';
import { useCallback, useMemo } from 'react';
import { height as heightOf, reach } from '../pure/axis';
import { duration, figure } from '../pure/format';
import { axis, EChart, tooltip, type Inks } from './EChart';

register([LineChart, ScatterChart, GridComponent, TooltipComponent, DataZoomInsideComponent, DataZoomSliderComponent, CanvasRenderer]);

export interface Lines {
  name: string;
  points: [number, number | null][];
  /** What the line was before it was smoothed: drawn faintly. */
  faint?: boolean;
  /** Which of the colours. */
  colour?: number;
}

/** A place on a line that means something and may be opened. */
export interface Mark {
  at: [number, number];
  /** What it means, in the tooltip. */
  name: string;
  colour: string;
  symbol: 'circle' | 'diamond' | 'triangle';
  open?: () => void;
}

interface Props {
  label: string;
  lines: readonly Lines[];
  marks?: readonly Mark[];
  across?: 'step' | 'time' | 'relative';
  log?: boolean;
  height?: number;
  /** With a slider to look closer: what is seen of which whole, and who is told when that changes. */
  zoom?: { seen: readonly [number, number]; whole: readonly [number, number]; onChange: (seen: [number, number]) => void };
}

export default function Chart({ label, lines, marks, across = 'step', log = false, height = 190, zoom }: Props) {
  const { seen, whole, onChange } = zoom ?? {};
  const ends = useMemo(() => reach([...lines.flatMap(({ points }) => points.map(([x]) => x)), ...(marks ?? []).map(({ at }) => at[0])], across), [lines, marks, across]);
  const part = seen !== undefined && whole !== undefined && (seen[0] > whole[0] || seen[1] < whole[1]);
  const high = useMemo(() => (part && !log ? heightOf(lines.map(({ points }) => points), seen) : undefined), [part, log, lines, seen]);
  const onZoom = useMemo(() => onChange && settled(onChange), [onChange]);
  const option = useCallback(
    (inks: Inks, colours: readonly string[]) => ({
      grid: { left: 8, right: 14, top: 10, bottom: seen ? 44 : 4, outerBoundsMode: 'same', outerBoundsContain: 'axisLabel' },
      dataZoom: seen === undefined ? [] : [
        { type: 'slider', height: 22, bottom: 8, borderColor: inks.rule, textStyle: { color: inks.text }, showDetail: false, brushSelect: false, filterMode: 'none', startValue: seen[0], endValue: seen[1] },
        { type: 'inside', filterMode: 'none', startValue: seen[0], endValue: seen[1] },
      ],
      tooltip: {
        trigger: 'axis', ...tooltip(inks), valueFormatter: (value: unknown) => (typeof value === 'number' ? figure(value) : '–'), order: 'valueDesc',
      },
      xAxis: {
        type: across === 'time' ? 'time' : 'value', scale: true, min: whole?.[0] ?? ends?.[0] ?? 'dataMin', max: whole?.[1] ?? ends?.[1] ?? 'dataMax', splitLine: { show: false }, ...axis(inks),
        axisLabel: { ...axis(inks).axisLabel, showMaxLabel: false, showMinLabel: !part, ...(across === 'time' ? {} : { formatter: (value: number) => (across === 'relative' ? duration(value * 1000) : figure(value)) }) },
        axisPointer: { label: { formatter: ({ value }: { value: number | string }) => place(Number(value), across) } },
      },
      yAxis: {
        type: log ? 'log' : 'value', scale: true, splitNumber: 4, min: high?.[0], max: high?.[1], splitLine: { lineStyle: { color: inks.rule } }, ...axis(inks),
        axisLabel: { ...axis(inks).axisLabel, formatter: (value: number) => figure(value) },
      },
      series: [...lines.map(({ name, points, faint = false, colour = 0 }) => ({
        type: 'line', name, showSymbol: points.length < (lines.length > 2 ? 12 : 40), symbolSize: 5, silent: faint,
        data: log ? points.map(([x, y]) => [x, y !== null && y > 0 ? y : null]) : points,
        lineStyle: { width: faint ? 1 : lines.length > 8 ? 1.5 : 2, opacity: faint ? 0.3 : 1 },
        itemStyle: { color: colours[colour % colours.length], opacity: faint ? 0.3 : 1 },
        tooltip: faint ? { show: false } : undefined,
      })), ...(marks ?? []).map(({ at, name, colour, symbol }) => ({
        type: 'scatter', name, data: [at], symbol, symbolSize: symbol === 'circle' ? 11 : 15, z: 5,
        itemStyle: { color: colour, borderColor: inks.panel, borderWidth: 1.5 }, tooltip: { valueFormatter: () => '' },
      }))],
    }),
    [lines, marks, across, log, seen, whole, ends, part, high],
  );
  const onClick = useCallback((params: { seriesIndex?: number }) => marks?.[(params.seriesIndex ?? -1) - lines.length]?.open?.(), [marks, lines]);
  return <EChart label={label} height={height} option={option} onZoom={onZoom} onClick={onClick} />;
}

/** A place on the axis, for people. */
function place(value: number, across: 'step' | 'time' | 'relative'): string {
  if (across === 'time') return new Date(value).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'medium' });
  return across === 'relative' ? duration(value * 1000) : `step ${figure(Number(value.toFixed(2)))}`;
}

/** So long nothing must have moved, for drawing anew takes the slider out of the hand. */
const SETTLED_MS = 250;

function settled(hear: (seen: [number, number]) => void) {
  let waiting = 0;
  return (seen: [number, number]) => {
    window.clearTimeout(waiting);
    waiting = window.setTimeout(() => hear(seen), SETTLED_MS);
  };
}
