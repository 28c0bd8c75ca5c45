/** A chart that keeps its size and its colours in step with the page. What it draws is up to its parts, which register what they need. */
import { useComputedColorScheme } from '@mantine/core';
import { init, type ECharts } from 'echarts/core';
import { useEffect, useRef } from 'react';
import { COLOURS } from './colours';

export interface Inks {
  text: string;
  rule: string;
  panel: string;
  strong: string;
}

const INKS: Record<'light' | 'dark', Inks> = {
  light: { text: '#5c6670', rule: '#e9ecef', panel: '#fff', strong: '#212529' },
  dark: { text: '#98a2ab', rule: '#2c3238', panel: '#22272c', strong: '#e6e9ec' },
};

interface Props {
  label: string;
  height: number;
  /** Stays the same from one drawing to the next unless something changed. */
  option: (inks: Inks, colours: readonly string[]) => object;
  /** Told which part of the first axis is seen, whenever somebody moves it. */
  onZoom?: (seen: [number, number]) => void;
  onClick?: (params: { seriesIndex?: number; dataIndex?: number; data?: unknown }) => void;
}

export function EChart({ label, height, option, onZoom, onClick }: Props) {
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
    chart.current?.setOption({ animation: false, color: COLOURS[scheme], ...option(INKS[scheme], COLOURS[scheme]) }, { notMerge: true });
  }, [option, scheme]);
  useEffect(() => {
    const made = chart.current;
    if (made === undefined || onClick === undefined) return undefined;
    const hear = (params: unknown) => onClick(params as { data?: unknown });
    made.on('click', hear);
    return () => void (made.isDisposed() || made.off('click', hear));
  }, [onClick]);
  useEffect(() => {
    const made = chart.current;
    if (made === undefined || onZoom === undefined) return undefined;
    const hear = () => {
      const [zoom] = (made.getOption() as { dataZoom?: { startValue?: number; endValue?: number }[] }).dataZoom ?? [];
      if (zoom?.startValue !== undefined && zoom.endValue !== undefined) onZoom([Number(zoom.startValue), Number(zoom.endValue)]);
    };
    made.on('datazoom', hear);
    return () => void (made.isDisposed() || made.off('datazoom', hear));
  }, [onZoom]);
  return <div ref={holder} role="img" aria-label={label} style={{ height, width: '100%' }} />;
}

export const tooltip = ({ panel, rule, strong }: Inks) => ({
  renderMode: 'richText', confine: true, backgroundColor: panel, borderColor: rule, textStyle: { color: strong, fontSize: 12 },
});

export const axis = ({ text, rule }: Inks) => ({
  axisLine: { lineStyle: { color: rule } }, axisTick: { show: false }, axisLabel: { color: text, fontSize: 11, hideOverlap: true },
});
