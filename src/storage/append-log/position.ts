import type { Position } from "../append-log.ts";

/** Events are ordered by time, those of one millisecond by their place in the log: negative if `a` comes before `b`. */
export const comparePositions = (a: Position, b: Position): number =>
  a.timestampMs - b.timestampMs || a.segment - b.segment || a.offset - b.offset || a.index - b.index;

/** The first position of a millisecond. */
export const positionAt = (timestampMs: number): Position => ({ timestampMs, segment: 0, offset: 0, index: 0 });

/** The position that comes directly after `position`. */
export const positionAfter = (position: Position): Position => ({ ...position, index: position.index + 1 });
