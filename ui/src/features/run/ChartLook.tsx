/** How metrics are drawn: over what, how smooth, on which scale. */
import { Group, SegmentedControl, Slider, Switch, Text } from '@mantine/core';
import { useLocalStorage } from '@mantine/hooks';
import type { Axis } from './series';

export interface Look {
  axis: Axis;
  weight: number;
  log: boolean;
}

const PLAIN: Look = { axis: 'step', weight: 0, log: false };

/** The look that was chosen last in this browser: it holds for all charts of metrics. */
export const useLook = () => useLocalStorage<Look>({ key: 'tidemill.look', defaultValue: PLAIN, getInitialValueInEffect: false });

export function ChartLook({ look, onChange }: { look: Look; onChange: (look: Look) => void }) {
  return (
    <Group gap="lg">
      <SegmentedControl
        size="xs" aria-label="Horizontal axis" value={look.axis} onChange={(axis) => onChange({ ...look, axis: axis as Axis })}
        data={[{ value: 'step', label: 'Step' }, { value: 'relative', label: 'Time since start' }, { value: 'time', label: 'Clock' }]}
      />
      <Group gap="xs">
        <Text size="xs" c="dimmed" id="smoothing">
          Smoothing
        </Text>
        <Slider
          size="sm" w={130} min={0} max={0.98} step={0.02} label={(value) => value.toFixed(2)} thumbProps={{ 'aria-labelledby': 'smoothing' }}
          value={look.weight} onChange={(weight) => onChange({ ...look, weight })}
        />
      </Group>
      <Switch size="xs" label="Log scale" checked={look.log} onChange={(event) => onChange({ ...look, log: event.currentTarget.checked })} />
    </Group>
  );
}
