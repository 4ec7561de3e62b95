"""Draw the land of the world map: templates/includes/land.svg.

    python -m mainstreaming.assets.worldmap

Needs npm; a server never runs it. Natural Earth's 50m land (public domain) comes from the
world-atlas package that static/vendor/manifest.json pins. Land only: the map shows no boundary.
"""

import json
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any

from mainstreaming.assets.vendor import ROOT, pinned, read_manifest, unpack
from mainstreaming.projection import SOUTH, project

TARGET = ROOT / "templates" / "includes" / "land.svg"

# The path is written in tenths of a viewBox unit, as whole numbers, and scaled down where it is drawn.
PRECISION = 10
# In square tenths: a vertex whose triangle is smaller goes, and so does an island.
LEAST_TRIANGLE = 54.0
LEAST_ISLAND = 16.0

Point = tuple[float, float]
Ring = list[Point]


def decode_arcs(topology: dict[str, Any]) -> list[Ring]:
    """Undo TopoJSON's quantised deltas: degrees, as (longitude, latitude)."""
    (scale_x, scale_y), (shift_x, shift_y) = topology["transform"]["scale"], topology["transform"]["translate"]
    arcs = []
    for deltas in topology["arcs"]:
        x = y = 0
        arc = []
        for dx, dy in deltas:
            x, y = x + dx, y + dy
            arc.append((x * scale_x + shift_x, y * scale_y + shift_y))
        arcs.append(arc)
    return arcs


def read_rings(topology: dict[str, Any]) -> Iterator[Ring]:
    """Every ring of the land, outer and inner alike: the path is filled by the even-odd rule."""
    arcs = decode_arcs(topology)
    for geometry in topology["objects"]["land"]["geometries"]:
        for polygon in geometry["arcs"]:
            for indices in polygon:
                ring: Ring = []
                for index in indices:
                    ring += arcs[index] if index >= 0 else arcs[~index][::-1]
                yield ring


def unwrap(ring: Ring) -> Ring:
    """Let longitudes run on past ±180 degrees, so that no edge spans the world."""
    turned = 0.0
    result = [ring[0]]
    for (before, _), (longitude, latitude) in pairwise(ring):
        turned -= 360 * round((longitude - before) / 360)
        result.append((longitude + turned, latitude))
    return result


def clip(ring: Ring, limit: float, sign: int) -> Ring:
    """Keep what lies on one side of a meridian (Sutherland and Hodgman)."""
    result: Ring = []
    for (x1, y1), (x2, y2) in zip(ring[-1:] + ring[:-1], ring, strict=True):
        inside_before, inside = sign * x1 <= sign * limit, sign * x2 <= sign * limit
        if inside != inside_before:
            result.append((limit, y1 + (y2 - y1) * (limit - x1) / (x2 - x1)))
        if inside:
            result.append((x2, y2))
    return result


def cut_at_antimeridian(ring: Ring) -> Iterator[Ring]:
    """The parts of an unwrapped ring, each moved back between -180 and 180 degrees."""
    for turn in (-360, 0, 360):
        moved = [(x + turn, y) for x, y in ring]
        if part := clip(moved, 180, 1):
            part = clip(part, -180, -1)
        if part:
            yield part


def triangle(a: Point, b: Point, c: Point) -> float:
    return abs((b[0] - a[0]) * (c[1] - a[1]) - (c[0] - a[0]) * (b[1] - a[1])) / 2


def area(ring: Ring) -> float:
    return abs(sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in zip(ring, ring[1:] + ring[:1], strict=True))) / 2


def simplify(ring: Ring, least: float = LEAST_TRIANGLE) -> Ring:
    """Take away the vertex that matters least until all matter (Visvalingam and Whyatt).

    A small island keeps at least a quadrilateral: its place on the map is its meaning.
    """
    ring = list(ring)
    sizes = [triangle(ring[i - 1], ring[i], ring[(i + 1) % len(ring)]) for i in range(len(ring))]
    while len(ring) > 4 and (smallest := min(sizes)) < least:
        gone = sizes.index(smallest)
        del ring[gone], sizes[gone]
        for i in (gone - 1, gone % len(ring)):
            # Never below what was just taken: a chain of small steps must not survive its neighbours.
            sizes[i] = max(smallest, triangle(ring[i - 1], ring[i], ring[(i + 1) % len(ring)]))
    return ring


def draw(ring: Ring) -> str:
    """A closed subpath in whole numbers, relative after its first point."""
    points = [(round(x), round(y)) for x, y in ring]
    steps = [(x2 - x1, y2 - y1) for (x1, y1), (x2, y2) in pairwise(points)]
    numbers = "".join(f"{dx:+d}{dy:+d}" for dx, dy in steps if dx or dy)
    return f"M{points[0][0]} {points[0][1]}l{numbers.removeprefix('+').replace('+', ' ')}z" if numbers else ""


def land_path(rings: Iterable[Ring]) -> str:
    subpaths = []
    for ring in rings:
        if max(latitude for _, latitude in ring) < SOUTH:
            continue  # Antarctica and the islands off it
        for part in cut_at_antimeridian(unwrap(ring)):
            flat = [(x * PRECISION, y * PRECISION) for x, y in (project(*point) for point in part)]
            if area(flat) >= LEAST_ISLAND:
                subpaths.append(draw(simplify(flat)))
    return "".join(subpaths)


def main() -> None:
    files = unpack(pinned(read_manifest(), "world-atlas"))
    path = land_path(read_rings(json.loads(files["land-50m.json"])))
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_text(
        "{# Natural Earth 50m land, Equal Earth projection. Made by python -m mainstreaming.assets.worldmap. #}"
        f'<path class="land" fill-rule="evenodd" transform="scale({1 / PRECISION:g})" d="{path}"/>\n',
        encoding="utf-8",
    )
    print(f"{TARGET.name}: {TARGET.stat().st_size} bytes")


if __name__ == "__main__":
    main()
