/** A graph in layers that can be moved and zoomed. What a node shows is up to the page. Loaded only where one is drawn. */
import { useComputedColorScheme } from '@mantine/core';
import { Background, Controls, Handle, MarkerType, Position, ReactFlow, useReactFlow, useStore, type Edge, type Node, type NodeProps } from '@xyflow/react';
import '@xyflow/react/dist/base.css';
import { createContext, use, useEffect, useMemo, type ReactNode } from 'react';
import { layers, type Link } from '../pure/layers';

const WIDTH = 236;
const HEIGHT = 58;

interface Props {
  label: string;
  nodes: readonly string[];
  links: readonly (Link & { active?: boolean })[];
  /** From top to bottom, or from left to right. */
  direction?: 'down' | 'right';
  show: (id: string) => ReactNode;
  /** The node that is looked at first where all of them together would be too small to read. */
  focus?: string;
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
const FIT = { padding: 0.12, maxZoom: 1 };

/** Smaller than this, nobody reads a node. */
const READABLE = 0.7;

/** In another width, all is in sight again; or what is around `middle`, where all of it would be too small. */
function Fit({ middle }: { middle: { x: number; y: number } | undefined }) {
  const { fitView, getZoom, setCenter } = useReactFlow();
  const width = useStore((state) => state.width);
  const [x, y] = [middle?.x, middle?.y];
  useEffect(() => {
    if (width === 0) return;
    void fitView(FIT).then(() => (x !== undefined && y !== undefined && getZoom() < READABLE ? setCenter(x, y, { zoom: READABLE }) : undefined));
  }, [width, fitView, getZoom, setCenter, x, y]);
  return null;
}

export default function Graph({ label, nodes, links, direction = 'down', show, focus }: Props) {
  const scheme = useComputedColorScheme('light', { getInitialValueInEffect: false });
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
  const first = placed.find(({ id }) => id === focus)?.position;
  const middle = first && { x: first.x + WIDTH / 2, y: first.y + HEIGHT / 2 };
  const extent = (axis: 'x' | 'y') => {
    const at = placed.map((node) => node.position[axis]);
    return at.length === 0 ? 0 : Math.max(...at) - Math.min(...at);
  };
  const height = Math.min(560, Math.max(200, extent('y') + HEIGHT + 80));
  return (
    <div className="graph" style={{ height }} role="group" aria-label={label}>
      <Show value={show}>
        <ReactFlow
          key={`${direction} ${nodes.join(' ')}`}
          nodes={placed}
          edges={edges}
          nodeTypes={TYPES}
          colorMode={scheme}
          fitView
          fitViewOptions={FIT}
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
          <Fit middle={middle} />
          <Background gap={20} size={1} />
          <Controls showInteractive={false} position="top-right" orientation="horizontal" />
        </ReactFlow>
      </Show>
    </div>
  );
}
