"""What a person waits for at the screen, timed inside the browser that draws it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from playwright.sync_api import Browser, BrowserContext, CDPSession, Page

from benchmarks.serving_load import Unfair

PATIENCE_MS = 60_000
WINDOW = {"width": 1366, "height": 900}
# `drawn` tells the points of all charts; a chart counts once Plotly has drawn marks of it. Two
# frames after that the browser has painted them.
_WATCH = """
(charts) => {
  const drawn = () => {
    const found = [...document.querySelectorAll('.js-plotly-plot')]
      .filter(each => each.calcdata && each.querySelector('.main-svg .trace'));
    if (found.length !== charts) return '';
    return JSON.stringify(found.map(each => each.calcdata.map(
      trace => [trace.length, trace.reduce((sum, at) => sum + (+at.y || +at.s || 0), 0)])));
  };
  window.__watch = (before, since) => {
    window.__took = null;
    const look = () => {
      const now = drawn();
      if (now === '' || now === before) return requestAnimationFrame(look);
      requestAnimationFrame(() => requestAnimationFrame(() => {
        window.__took = performance.now() - since;
      }));
    };
    look();
  };
  window.__drawn = drawn;
  window.__onClick = () => {
    const before = drawn();
    addEventListener('click', () => window.__watch(before, performance.now()),
      {capture: true, once: true});
  };
  window.__watch('', 0);
}
"""

# The pages' policy allows no `eval`, by which Playwright's own waiting works.
_TOOK = """
() => new Promise((told, late) => {
  const look = () => window.__took === null ? requestAnimationFrame(look) : told(window.__took);
  setTimeout(() => late(new Error('no charts were drawn')), PATIENCE);
  look();
})
""".replace("PATIENCE", str(PATIENCE_MS))


@dataclass
class Sight:
    """What a visitor saw once.

    Attributes:
        took_ms: From the beginning (of the navigation, or of the click) to the painted charts.
        received_bytes: Over the wire, in bodies of answers and in messages of sockets.
    """

    took_ms: float
    received_bytes: int


@dataclass
class Visitor:
    """A tab of a browser with an empty cache.

    Attributes:
        charts: How many charts the page has.
    """

    browser: Browser
    charts: int
    _received: int = field(default=0)
    _context: BrowserContext | None = field(default=None)

    def first_view(self, address: str) -> Sight:
        """Open *address* as nobody has before who uses this browser."""
        self.leave()
        self._context = self.browser.new_context(viewport=WINDOW, locale="en-GB")
        self._context.set_default_timeout(PATIENCE_MS)
        self._context.add_init_script(f"({_WATCH})({self.charts})")
        page = self._context.new_page()
        self._count(self._context.new_cdp_session(page))
        return self._seen(lambda: page.goto(address))

    def reload(self) -> Sight:
        """Open the page once more, with what the browser kept of it."""
        return self._seen(self.page.reload)

    def click(self, choose: Callable[[Page], None]) -> Sight:
        """Do what *choose* does, which ends with a click, and wait for other charts.

        Raises:
            Unfair: No chart changed.
        """
        self.page.evaluate("window.__onClick()")
        return self._seen(lambda: choose(self.page))

    def leave(self) -> None:
        """Close the tab and forget what it kept."""
        if self._context:
            self._context.close()
            self._context = None

    @property
    def page(self) -> Page:
        """The tab."""
        if self._context is None:
            raise Unfair("Nothing was opened yet")
        return self._context.pages[0]

    def _seen(self, act: Callable[[], object]) -> Sight:
        self._received = 0
        act()
        took: float = self.page.evaluate(_TOOK)
        # Bytes of what is still under way belong to this sight, not to the next.
        self.page.wait_for_load_state("networkidle")
        return Sight(took, self._received)

    def _count(self, session: CDPSession) -> None:
        session.send("Network.enable")
        session.on("Network.loadingFinished", self._add_answer)
        session.on("Network.webSocketFrameReceived", self._add_message)

    def _add_answer(self, event: dict[str, float]) -> None:
        self._received += int(event["encodedDataLength"])

    def _add_message(self, event: dict[str, dict[str, str]]) -> None:
        payload = event["response"]["payloadData"]
        # Binary messages are told in base64, three bytes in four characters.
        self._received += len(payload) * 3 // 4
