"""The main kinds of page against the pictures that are kept: `make pictures`; `make pictures KEEP=1` keeps new ones.

A picture is half the size of the screen, so that it is small and the edges of letters hardly count. Fonts and browsers
differ between machines, which is why the suite leaves this out.
"""

from __future__ import annotations

import base64
import os
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser.test_looks import SCHEMES, SIZES, Scheme

KEPT = Path(__file__).parent / "pictures"
NEW = Path(__file__).resolve().parents[2] / "build" / "pictures"
PAGES = {
    "home": "/",
    "films": "/films",
    "film": "/film/tangerine",
    "person": "/film/sean-baker",
    "award": "/film/audience-prize",
    "source": "/source/paper?at=0-9",
    "disagreements": "/disagreements",
    "answer": "/queries/films-directed-by?person=Sean+Baker",
    "not-found": "/film/tangarine",
}
LARGEST_SHARE = 0.01
"""The largest share of pixels that may differ."""
COMPARE = """async ([kept, seen]) => {
  const pixels = async (data) => {
    const image = new Image();
    image.src = `data:image/png;base64,${data}`;
    await image.decode();
    const canvas = new OffscreenCanvas(image.width, image.height);
    const context = canvas.getContext("2d");
    context.drawImage(image, 0, 0);
    return context.getImageData(0, 0, image.width, image.height);
  };
  const [one, other] = [await pixels(kept), await pixels(seen)];
  if (one.width !== other.width || one.height !== other.height) return 1;
  let count = 0;
  for (let place = 0; place < one.data.length; place += 4)
    if ([0, 1, 2].some((channel) => Math.abs(one.data[place + channel] - other.data[place + channel]) > 40)) count++;
  return count / (one.width * one.height);
}"""
"""The share of pixels in which two PNG files differ visibly."""


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", SIZES)
@pytest.mark.parametrize("name", PAGES)
def test_a_page_looks_as_in_its_picture(chromium: Browser, address: str, name: str, width: int, scheme: Scheme) -> None:
    context = chromium.new_context(
        base_url=address, viewport={"width": width, "height": 900}, color_scheme=scheme, device_scale_factor=0.5
    )
    page = context.new_page()
    page.goto(PAGES[name])
    seen = page.screenshot()
    kept = KEPT / f"{name}-{width}-{scheme}.png"
    if os.environ.get("KG_KEEP_PICTURES"):
        KEPT.mkdir(exist_ok=True)
        kept.write_bytes(seen)
    share = page.evaluate(COMPARE, [base64.b64encode(kept.read_bytes()).decode(), base64.b64encode(seen).decode()])
    context.close()
    if share > LARGEST_SHARE:
        NEW.mkdir(parents=True, exist_ok=True)
        (NEW / kept.name).write_bytes(seen)
    assert share <= LARGEST_SHARE, f"{share:.1%} of {kept.name} differs: compare it with {NEW / kept.name}"
