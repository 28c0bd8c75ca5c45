/** A graph in layers that can be moved and zoomed. What a node shows is up to the page. Loaded only where one is drawn. */
import { useComputedColorScheme } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { Background, Controls, Handle, MarkerType, Position, ReactFlow, type Edge, type Node, type NodeProps } from '@xyflow/react';
import '@xyflow/react/dist/base.css';
import { createContext, use, useMemo, type ReactNode } from 'react';
import { layers, type Link } from '../pure/layers';

const WIDTH = 200;
const HEIGHT = 58;

interface Props {
  label: string;
  nodes: readonly string[];
  links: readonly (Link & { active?: boolean })[];
  /** From top to bottom, or from left to right. */
  direction?: 'down' | 'right';
  show: (id: string) => ReactNode;
}

const Show = createContext<Props['show']>(() => null);

function Box({ id, sourcePosition, targetPosition }: NodeProps) {
  return (
    <>
      <Handle type="target" position={targetPosition ?? Position.Top} isConnectable={false} />
      {use(Show)(id)}
      <Handle type="source" position={sourcePosition ?? Position.Bottom} isConnectable={false} />
    </>
  );
}

const TYPES = { box: Box };

export default function Graph({ label, nodes, links, direction = 'down', show }: Props) {
  const scheme = useComputedColorScheme('light', { getInitialValueInEffect: false });
  const narrow = useMediaQuery('(max-width: 48em)', false, { getInitialValueInEffect: false });
  const down = direction === 'down';
  const placed = useMemo(() => {
    const places = layers(nodes, links);
    return nodes.map((id): Node => {
      const { layer, offset } = places.get(id) ?? { layer: 0, offset: 0 };
      const position = down
        ? { x: offset * (WIDTH + 36), y: layer * (HEIGHT + 52) }
        : { x: layer * (WIDTH + 48), y: offset * (HEIGHT + 28) };
      const [sourcePosition, targetPosition] = down ? [Position.Bottom, Position.Top] : [Position.Right, Position.Left];
      return { id, type: 'box', position, data: {}, width: WIDTH, height: HEIGHT, sourcePosition, targetPosition };
    });
  }, [nodes, links, down]);
  const edges = links.map(({ from, to, active }): Edge => ({
    id: `${from}>${to}`, source: from, target: to, animated: active === true, markerEnd: { type: MarkerType.ArrowClosed, width: 14, height: 14 },
  }));
  const extent = (axis: 'x' | 'y') => {
    const at = placed.map((node) => node.position[axis]);
    return at.length === 0 ? 0 : Math.max(...at) - Math.min(...at);
  };
  const height = Math.min(560, Math.max(200, extent('y') + HEIGHT + 80));
  return (
    <div className="graph" style={{ height }} role="group" aria-label={label}>
      <Show value={show}>
        <ReactFlow
          // Another width is another drawing, which fits again.
          key={`${direction} ${narrow} ${nodes.join(' ')}`}
          nodes={placed}
          edges={edges}
          nodeTypes={TYPES}
          colorMode={scheme}
          fitView
          fitViewOptions={{ padding: 0.12, maxZoom: 1 }}
          minZoom={0.2}
          maxZoom={1.5}
          nodesDraggable={false}
          nodesConnectable={false}
          nodesFocusable={false}
          edgesFocusable={false}
          elementsSelectable={false}
          zoomOnScroll={false}
          preventScrolling={false}
          nodeClickDistance={4}
        >
          <Background gap={20} size={1} />
          <Controls showInteractive={false} />
        </ReactFlow>
      </Show>
    </div>
  );
}
