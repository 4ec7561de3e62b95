"""Makes pictures of pages small: at most 256 colours, which is what forms and texts need."""

from __future__ import annotations

import base64
import struct
import zlib

from playwright.sync_api import Browser

# Decodes the picture, takes its most frequent colours, and gives each pixel the nearest of them.
SCRIPT = """async png => {
    const picture = await createImageBitmap(await (await fetch(`data:image/png;base64,${png}`)).blob());
    const {width, height} = picture;
    const canvas = new OffscreenCanvas(width, height);
    const context = canvas.getContext('2d');
    context.drawImage(picture, 0, 0);
    const {data} = context.getImageData(0, 0, width, height);
    const counts = new Map();
    const colours = new Uint32Array(width * height);
    for (let i = 0; i < colours.length; i++) {
        const colour = (data[4 * i] << 16) | (data[4 * i + 1] << 8) | data[4 * i + 2];
        colours[i] = colour;
        counts.set(colour, (counts.get(colour) ?? 0) + 1);
    }
    const palette = [...counts].sort((a, b) => b[1] - a[1] || a[0] - b[0]).slice(0, 256).map(([colour]) => colour);
    const split = colour => [colour >> 16, (colour >> 8) & 255, colour & 255];
    const nearest = new Map(palette.map((colour, index) => [colour, index]));
    for (const colour of counts.keys()) {
        if (!nearest.has(colour)) {
            const [r, g, b] = split(colour);
            let best = Infinity, found = 0;
            palette.forEach((other, index) => {
                const [x, y, z] = split(other);
                const distance = (r - x) ** 2 + (g - y) ** 2 + (b - z) ** 2;
                if (distance < best) { best = distance; found = index; }
            });
            nearest.set(colour, found);
        }
    }
    let indices = '';
    for (const colour of colours) indices += String.fromCharCode(nearest.get(colour));
    return {width, height, palette: palette.flatMap(split), indices: btoa(indices)};
}"""


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def small_png(browser: Browser, png: bytes) -> bytes:
    """The picture as a PNG with a palette. Fine shades of photographs suffer, those of a page do not."""
    page = browser.new_page()
    found = page.evaluate(SCRIPT, base64.b64encode(png).decode())
    page.close()
    width, height = found["width"], found["height"]
    indices = base64.b64decode(found["indices"])
    rows = b"".join(b"\0" + indices[row * width : (row + 1) * width] for row in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", header)
        + _chunk(b"PLTE", bytes(found["palette"]))
        + _chunk(b"IDAT", zlib.compress(rows, 9))
        + _chunk(b"IEND", b"")
    )
