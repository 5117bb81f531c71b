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
# Streamlit writes styles into elements, and talks over a websocket. Nothing is of another host.
_PAGES_POLICY: Final = (
    b"default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    b"img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self' data: blob:; "
    b"worker-src 'self' blob:; frame-src 'self'; object-src 'none'; base-uri 'self'; "
    b"form-action 'self'; frame-ancestors 'self'"
)
# The frame that writes the session's cookie begins with an inline script, and fetches nothing.
_COMPONENTS_POLICY: Final = (
    b"default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
    b"base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)


_POLICY: Final = b"content-security-policy"
# Data never runs anything.
OF_DATA: Final[tuple[Header, ...]] = (
    *_EVERYWHERE,
    (_POLICY, b"default-src 'none'; frame-ancestors 'none'"),
)
OF_DOCUMENTATION: Final[tuple[Header, ...]] = (*_OF_DOCUMENTS, (_POLICY, _DOCUMENTATION_POLICY))
OF_PAGES: Final[tuple[Header, ...]] = (*_OF_DOCUMENTS, (_POLICY, _PAGES_POLICY))
OF_COMPONENTS: Final[tuple[Header, ...]] = (*_OF_DOCUMENTS, (_POLICY, _COMPONENTS_POLICY))
