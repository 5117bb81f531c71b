"""Security headers of every answer, and what pages may load and run."""

from __future__ import annotations

from typing import Final

Header = tuple[bytes, bytes]

_EVERYWHERE: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
)
_OF_DOCUMENTS: Final = (
    *_EVERYWHERE,
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
)

# The documentation page has scripts of its own host only; Swagger UI writes styles into elements.
_DOCUMENTATION_POLICY: Final = (
    b"default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    b"img-src 'self' data:; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'"
)
# Streamlit's page begins with inline scripts, writes styles into elements, compiles expressions
# (its Vega and Plotly charts) and talks over a websocket. Nothing comes from another host.
_PAGES_POLICY: Final = (
    b"default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; "
    b"style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; "
    b"connect-src 'self' data: blob: ws: wss:; worker-src 'self' blob:; frame-src 'self'; "
    b"object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'self'"
)


_POLICY: Final = b"content-security-policy"
# Data never runs anything.
OF_DATA: Final[tuple[Header, ...]] = (
    *_EVERYWHERE,
    (_POLICY, b"default-src 'none'; frame-ancestors 'none'"),
)
OF_DOCUMENTATION: Final[tuple[Header, ...]] = (*_OF_DOCUMENTS, (_POLICY, _DOCUMENTATION_POLICY))
OF_PAGES: Final[tuple[Header, ...]] = (*_OF_DOCUMENTS, (_POLICY, _PAGES_POLICY))
