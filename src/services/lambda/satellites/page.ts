import { satellitesPageSize } from "../limits.ts";
import { readMarker, writeMarker } from "../page-marker.ts";
import type { Satellite, SatelliteKind } from "./satellite.ts";

interface Page<Kind extends SatelliteKind> {
  items: Array<Satellite<Kind>>;
  next: { NextMarker?: string };
}

/** One page of the satellites of a function, which come by qualifier. Throws for a marker that is not ours. */
export function pageOf<Kind extends SatelliteKind>(
  satellites: Array<Satellite<Kind>>,
  { Marker, MaxItems = satellitesPageSize }: { Marker?: string | undefined; MaxItems?: number | undefined },
): Page<Kind> {
  const [after = ""] = Marker === undefined ? [] : readMarker(Marker, /^([\w$.-]{1,128})$/);
  const rest = satellites.filter(({ place }) => place.qualifier > after);
  const items = rest.slice(0, MaxItems);
  return { items, next: rest.length > items.length ? { NextMarker: writeMarker(items.at(-1)!.place.qualifier) } : {} };
}
