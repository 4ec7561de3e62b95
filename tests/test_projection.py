"""The map's projection against the published formulae and against the land that is drawn with it."""

import re
from math import isclose
from pathlib import Path

import pytest

from mainstreaming.projection import HEIGHT, NORTH, SOUTH, WIDTH, equal_earth, project

LAND = Path(__file__).resolve().parents[1] / "templates" / "includes" / "land.svg"


def read_subpaths() -> list[list[tuple[float, float]]]:
    """The corners of each piece of land, in the coordinates of the viewBox."""
    subpaths = []
    for start, steps in re.findall(r"M([-\d ]+)l([-\d ]+)z", LAND.read_text(encoding="utf-8")):
        x, y = (int(number) for number in start.split())
        corners = [(x / 10, y / 10)]
        numbers = [int(number) for number in re.findall(r"-?\d+", steps)]
        for dx, dy in zip(numbers[::2], numbers[1::2], strict=True):
            x, y = x + dx, y + dy
            corners.append((x / 10, y / 10))
        subpaths.append(corners)
    return subpaths


def is_land(x: float, y: float) -> bool:
    """Whether a point lies inside by the even-odd rule, as the browser fills the path."""
    inside = False
    for corners in read_subpaths():
        for (x1, y1), (x2, y2) in zip(corners, corners[1:] + corners[:1], strict=True):
            if (y1 > y) != (y2 > y) and x < x1 + (x2 - x1) * (y - y1) / (y2 - y1):
                inside = not inside
    return inside


def test_the_plane_has_the_published_extent():
    # The paper's figures: the equator's half-length, the pole's height, the pole line's half-length.
    assert equal_earth(180, 0) == pytest.approx((2.7066299836, 0))
    assert equal_earth(0, 90) == pytest.approx((0, 1.3173627591))
    assert equal_earth(180, 90)[0] == pytest.approx(1.6035886483)


def test_the_pole_line_is_about_three_fifths_of_the_equator():
    assert equal_earth(180, 90)[0] / equal_earth(180, 0)[0] == pytest.approx(0.59247, abs=1e-5)


def test_areas_keep_their_proportion():
    # A cell of 0.01 degrees shrinks by the cosine of its latitude, whatever its longitude.
    def cell(longitude: float, latitude: float) -> float:
        step = 0.01
        x1, y1 = equal_earth(longitude, latitude)
        x2, y2 = equal_earth(longitude + step, latitude)
        x3, y3 = equal_earth(longitude, latitude + step)
        return (x2 - x1) * (y3 - y1) - (x3 - x1) * (y2 - y1)

    assert cell(10, 60) / cell(10, 0) == pytest.approx(0.5, abs=1e-3)
    assert cell(150, 60) == pytest.approx(cell(10, 60), rel=1e-3)


def test_greenwich_stands_in_the_middle_and_the_edges_at_the_sides():
    assert project(0, 51.5)[0] == WIDTH / 2
    assert project(-180, 0)[0] == pytest.approx(0)
    assert project(180, 0)[0] == pytest.approx(WIDTH)


def test_east_mirrors_west_and_north_mirrors_south():
    equator = project(0, 0)[1]
    (x1, y1), (x2, y2) = project(73, 31), project(-73, -31)
    assert isclose(x1 - WIDTH / 2, WIDTH / 2 - x2)
    assert isclose(equator - y1, y2 - equator)


def test_the_top_and_foot_of_the_map_are_its_latitudes():
    assert project(0, NORTH)[1] == pytest.approx(0)
    assert project(0, SOUTH)[1] == pytest.approx(HEIGHT, abs=0.5)
    assert project(0, 90)[1] < 0
    assert project(0, -90)[1] > HEIGHT


@pytest.mark.parametrize(
    ("longitude", "latitude"), [(180.1, 0), (-181, 0), (0, 90.5), (0, -91), (float("nan"), 0), (0, float("nan"))]
)
def test_a_place_off_the_earth_is_refused(longitude, latitude):
    with pytest.raises(ValueError, match="must lie between"):
        project(longitude, latitude)


@pytest.mark.parametrize(
    ("name", "longitude", "latitude"),
    [
        ("inland of Lagos", 3.4, 7.2),
        ("inland of New York", -74.5, 41.2),
        ("inland of Manila", 121.0, 15.3),
        ("Madrid", -3.7, 40.4),
        ("Quito", -78.5, -0.2),
        ("Alice Springs", 133.9, -23.7),
        ("Anadyr, east of Siberia", 176.0, 66.5),
        ("Chukotka, beyond the antimeridian", -175.0, 66.5),
    ],
)
def test_land_is_drawn_where_there_is_land(name, longitude, latitude):
    assert is_land(*project(longitude, latitude)), name


@pytest.mark.parametrize(
    ("name", "longitude", "latitude"),
    [
        ("mid Atlantic", -35, 30),
        ("mid Pacific", -150, 30),
        ("Arctic Ocean, where an unwrapped edge would lie", 0, 83),
        ("Arctic Ocean north of Siberia", 170, 75),
        ("Caspian Sea, a hole in the land", 51, 41.5),
        ("Southern Ocean", 0, -56),
    ],
)
def test_sea_is_left_empty(name, longitude, latitude):
    assert not is_land(*project(longitude, latitude)), name


def test_the_drawing_is_one_small_path_within_the_map():
    assert LAND.stat().st_size <= 40_000
    assert LAND.read_text(encoding="utf-8").count("<path") == 1
    corners = [corner for subpath in read_subpaths() for corner in subpath]
    assert min(x for x, _ in corners) >= 0
    assert max(x for x, _ in corners) <= WIDTH
    assert min(y for _, y in corners) >= 0
    assert max(y for _, y in corners) <= HEIGHT
