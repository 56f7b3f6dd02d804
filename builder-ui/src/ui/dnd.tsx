/**
 * Drag and drop by mouse, touch and keyboard: the one place that knows the library.
 *
 * With the keyboard: Space on a handle lifts, arrows go from place to place, Space drops, Escape gives up.
 */
import {
  type Announcements,
  closestCenter,
  type CollisionDetection,
  DndContext,
  DragOverlay,
  type KeyboardCoordinateGetter,
  KeyboardSensor,
  PointerSensor,
  pointerWithin,
  useDraggable,
  useDroppable,
  useSensor,
  useSensors,
} from "@dnd-kit/core";
import { type ReactNode, useMemo, useState } from "react";

export type DragTexts = {
  /** How to use it, read out once; and what is said while it happens. */
  instructions: string;
  lifted: (what: string) => string;
  over: (what: string, where: string | undefined) => string;
  dropped: (what: string, where: string | undefined) => string;
  cancelled: (what: string) => string;
};

type DragAreaProps = {
  /** What is being dragged, and where it is let go. */
  onDrop: (item: string, place: string) => void;
  texts: DragTexts;
  nameOf: (id: string) => string;
  children: ReactNode;
};

export function DragArea({ onDrop, texts, nameOf, children }: DragAreaProps) {
  const [lifted, setLifted] = useState<string>();
  const sensors = useSensors(
    useSensor(PointerSensor, { activationConstraint: { distance: 6 } }),
    useSensor(KeyboardSensor, { coordinateGetter: nextPlace }),
  );
  const announcements = useMemo(() => announce(texts, nameOf), [texts, nameOf]);
  return (
    <DndContext
      sensors={sensors}
      collisionDetection={underPointer}
      accessibility={{ announcements, screenReaderInstructions: { draggable: texts.instructions } }}
      onDragStart={({ active }) => setLifted(String(active.id))}
      onDragCancel={() => setLifted(undefined)}
      onDragEnd={({ active, over }) => {
        setLifted(undefined);
        if (over) onDrop(String(active.id), String(over.id));
      }}
    >
      {children}
      <DragOverlay dropAnimation={null}>{lifted === undefined ? null : <div className="kz-dragged">{nameOf(lifted)}</div>}</DragOverlay>
    </DndContext>
  );
}

/** Attributes for the handle of something that can be dragged; `ref` goes on the same element. */
export function useDragItem(id: string) {
  const { attributes, listeners, setNodeRef, isDragging } = useDraggable({ id });
  return { handle: { ref: setNodeRef, ...attributes, ...listeners }, isDragging };
}

/** A place where something can be let go; marked with `data-over` while something is above it. */
export function DropPlace({ id, className, children }: { id: string; className: string; children?: ReactNode }) {
  const { setNodeRef, isOver, active } = useDroppable({ id });
  return (
    <div ref={setNodeRef} className={className} data-over={isOver || undefined} data-active={active !== null || undefined}>
      {children}
    </div>
  );
}

/** The place under the pointer; with the keyboard, the nearest. */
const underPointer: CollisionDetection = (input) => {
  const hit = pointerWithin(input);
  return hit.length > 0 ? hit : closestCenter(input);
};

/** From place to place in the direction of the arrow key, the nearest first. */
const nextPlace: KeyboardCoordinateGetter = (event, { context, currentCoordinates }) => {
  const step = STEPS[event.code];
  if (!step) return undefined;
  event.preventDefault();
  const { collisionRect, droppableRects } = context;
  if (!collisionRect) return undefined;
  const from = { x: collisionRect.left + collisionRect.width / 2, y: collisionRect.top + collisionRect.height / 2 };
  let best: { x: number; y: number; distance: number } | undefined;
  for (const rect of droppableRects.values()) {
    const to = { x: rect.left + rect.width / 2, y: rect.top + rect.height / 2 };
    const [ahead, aside] = step.x === 0 ? [(to.y - from.y) * step.y, Math.abs(to.x - from.x)] : [(to.x - from.x) * step.x, Math.abs(to.y - from.y)];
    const distance = ahead + aside * 3;
    if (ahead > 2 && (!best || distance < best.distance)) best = { ...to, distance };
  }
  return best ? { x: currentCoordinates.x + best.x - from.x, y: currentCoordinates.y + best.y - from.y } : currentCoordinates;
};

const STEPS: Record<string, { x: number; y: number }> = {
  ArrowUp: { x: 0, y: -1 },
  ArrowDown: { x: 0, y: 1 },
  ArrowLeft: { x: -1, y: 0 },
  ArrowRight: { x: 1, y: 0 },
};

function announce(texts: DragTexts, nameOf: (id: string) => string): Announcements {
  const name = (id: string | number) => nameOf(String(id));
  return {
    onDragStart: ({ active }) => texts.lifted(name(active.id)),
    onDragOver: ({ active, over }) => texts.over(name(active.id), over ? name(over.id) : undefined),
    onDragEnd: ({ active, over }) => texts.dropped(name(active.id), over ? name(over.id) : undefined),
    onDragCancel: ({ active }) => texts.cancelled(name(active.id)),
  };
}
