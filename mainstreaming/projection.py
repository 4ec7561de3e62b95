"""Where a place falls on the world map: Equal Earth, in the coordinates of the map's viewBox.

Šavrič, B., Patterson, T., Jenny, B. (2018). The Equal Earth map projection. International
Journal of Geographical Information Science 33(3), 454-465. doi:10.1080/13658816.2018.1504949
"""

from math import asin, cos, radians, sin, sqrt

# The polynomial of the published formulae.
A1, A2, A3, A4 = 1.340264, -0.081106, 0.000893, 0.003796
M = sqrt(3) / 2

# The map spans the whole equator and, because Antarctica is not drawn, these latitudes.
NORTH, SOUTH = 84.0, -57.0


def equal_earth(longitude: float, latitude: float) -> tuple[float, float]:
    """Project degrees onto the plane of a unit sphere: x grows eastward, y northward.

    ValueError for a place off the Earth, and for NaN, which no comparison admits.
    """
    if not -180 <= longitude <= 180:
        raise ValueError(f"longitude must lie between -180 and 180, not {longitude}")
    if not -90 <= latitude <= 90:
        raise ValueError(f"latitude must lie between -90 and 90, not {latitude}")
    theta = asin(M * sin(radians(latitude)))
    square = theta * theta
    sixth = square**3
    slope = A1 + 3 * A2 * square + sixth * (7 * A3 + 9 * A4 * square)
    x = radians(longitude) * cos(theta) / (M * slope)
    y = theta * (A1 + A2 * square + sixth * (A3 + A4 * square))
    return x, y


WIDTH = 1000
SCALE = WIDTH / (2 * equal_earth(180, 0)[0])
TOP = equal_earth(0, NORTH)[1]
HEIGHT = round(SCALE * (TOP - equal_earth(0, SOUTH)[1]))


def project(longitude: float, latitude: float) -> tuple[float, float]:
    """Return (x, y) in the viewBox ``0 0 WIDTH HEIGHT``, y downward.

    Latitudes beyond NORTH and SOUTH are valid and fall outside the viewBox.
    """
    x, y = equal_earth(longitude, latitude)
    return WIDTH / 2 + SCALE * x, SCALE * (TOP - y)
