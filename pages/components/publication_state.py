"""What every page says of the publication it shows: its age, its clocks, and where a newer one is.

Two ages are told apart. A run may be of this morning and know no demand of the last month, and
demand of yesterday may have been forecast by nobody; neither is "up to date".
"""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Final
from urllib.parse import urlencode

import streamlit as st

from datalayer.portal import FreshnessState, Publication
from datalayer.runtime import portal
from pages.components import captions
from pages.components.language import _, ago, day, label, moment, ngettext, number

LOOKS_FOR_A_SWITCH_EVERY_S: Final = 60
_SHOWN: Final = "farol.shown"
_UPDATE_DUE: Final = ("orange", "schedule")
_OUT_OF_DATE: Final = ("red", "warning")


def header(title: str, shown: Publication, *, leave: Callable[[], None]) -> None:
    """Draw a page's title, how old what it shows is, and what has to be known before it is read.

    Args:
        title: The page's.
        shown: What it shows.
        leave: Makes the page show the active publication from the next run on.
    """
    with st.container(
        horizontal=True, vertical_alignment="center", gap="small", key="farol-header"
    ):
        st.title(title, anchor=False, width="content")
        st.markdown(_ages(shown), width="content")
        generated = _("generated {ago}").format(ago=ago(shown.manifest.generated_at))
        with st.popover(generated, type="tertiary"):
            _clocks(shown)
        _share(shown)
    _which_publication(shown, leave)
    _demonstration(shown)
    _out_of_date(shown)


def run_freshness(shown: Publication) -> FreshnessState:
    """Return the state of the least fresh data set, by when it was computed."""
    return max(shown.freshness().values(), key=list(FreshnessState).index)


def missing_data_sets(shown: Publication) -> tuple[str, ...]:
    """Return the names of what the contract has and this publication leaves out."""
    published = {file.data_set for file in shown.manifest.files}
    known = portal().registry.data_sets
    return tuple(label(known[name].label) for name in known if name not in published)


def _ages(shown: Publication) -> str:
    run, data = run_freshness(shown), shown.data_freshness()
    through = _("Data through **{day}**").format(day=day(shown.manifest.data_through))
    of_run = {
        FreshnessState.DUE: captions.badge(_("Update due"), *_UPDATE_DUE),
        FreshnessState.STALE: captions.badge(_("Out of date"), *_OUT_OF_DATE),
        FreshnessState.UNKNOWN: captions.badge(_("Age unknown"), "gray", "help"),
    }.get(run)
    days = _days_without_data(shown)
    old = ngettext("{count} day old", "{count} days old", days).format(count=number(days, 0))
    of_data = {
        FreshnessState.DUE: captions.badge(old, *_UPDATE_DUE),
        FreshnessState.STALE: captions.badge(old, *_OUT_OF_DATE),
    }.get(data)
    if of_run is None and of_data is None:
        of_run = captions.badge(_("Up to date"), "green", "check_circle")
    return " ".join(filter(None, (of_run, through, of_data)))


def _days_without_data(shown: Publication) -> int:
    return max(0, (shown.clock().date() - shown.manifest.data_through).days)


def _clocks(shown: Publication) -> None:
    manifest = shown.manifest
    rows = [
        (_("Data through"), day(manifest.data_through)),
        (_("Generated"), f"{moment(manifest.generated_at)}, {ago(manifest.generated_at)}"),
        (_("Loaded here"), f"{moment(shown.loaded_at)}, {ago(shown.loaded_at)}"),
        (_("Publication"), f"`{manifest.publication_id}`"),
        (_("Model version"), f"`{manifest.model_version}`"),
        (_("Data set"), f"`{manifest.dataset_id}`"),
    ]
    if missing := missing_data_sets(shown):
        rows.append((_("Not in this publication"), captions.literal(", ".join(missing))))
    st.markdown("\n".join(f"- {name}: {value}" for name, value in rows))
    for sentence in captions.assumptions(manifest):
        st.caption(captions.literal(sentence))


def _share(shown: Publication) -> None:
    """Draw the link to this very view; pressed, it is copied (``static/frame.js``)."""
    address = urlencode({**st.query_params.to_dict(), "p": shown.id})
    text, done = _("Share this view"), _("Address copied")
    st.html(
        f'<a class="farol-share" href="?{escape(address)}" data-publication="{escape(shown.id)}" '
        f'data-done="{escape(done)}"><span class="farol-share-text">{escape(text)}</span>'
        '<span class="farol-unseen" role="status"></span></a>',
        width="content",
    )


def _which_publication(shown: Publication, leave: Callable[[], None]) -> None:
    """Say what nobody would expect: another publication than before, or not the active one."""
    before = st.session_state.get(_SHOWN, shown.id)
    st.session_state[_SHOWN] = shown.id
    if "p" not in st.query_params and before != shown.id:
        text = _("A new publication has come: this page shows that of {moment}.").format(
            moment=moment(shown.manifest.generated_at)
        )
        badge = captions.badge(_("New publication"), "blue", "update")
        st.markdown(f"{badge} {text}")
    _watch(shown.id, leave)


@st.fragment(run_every=LOOKS_FOR_A_SWITCH_EVERY_S)
def _watch(shown_id: str, leave: Callable[[], None]) -> None:
    """Say that another publication is active, when a page is drawn and from time to time."""
    active = portal().snapshots.active()
    if active is None or active.publication_id == shown_id:
        return
    pinned = "p" in st.query_params
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if pinned:
            pin = captions.badge(_("Pinned"), "violet", "push_pin")
            text = _("This page is pinned to publication {id}; another is active since {moment}.")
        else:
            pin = captions.badge(_("New publication"), "blue", "update")
            text = _("There is a new publication since {moment}.")
        since = moment(active.activated_at)
        sentence = text.format(id=captions.literal(shown_id), moment=since)
        st.markdown(f"{pin} {sentence}", width="content")
        if st.button(_("Show the active publication"), type="tertiary", key="show-active"):
            leave()
            st.rerun()


def _demonstration(shown: Publication) -> None:
    notice = captions.demonstration(shown.manifest)
    if notice:
        synthetic = captions.is_synthetic(shown.manifest)
        name = _("Synthetic demonstration data") if synthetic else _("Demonstration data")
        badge = captions.badge(name, "blue", "science")
        with st.container(key="farol-demonstration"):
            st.markdown(f"{badge} {notice}")


def _out_of_date(shown: Publication) -> None:
    if run_freshness(shown) is FreshnessState.STALE:
        text = _(
            "These results were generated {ago} and are out of date. Check with whoever runs "
            "the forecasts before you rely on them."
        ).format(ago=ago(shown.manifest.generated_at))
    elif shown.data_freshness() is FreshnessState.STALE and not captions.demonstration(
        shown.manifest
    ):
        text = _(
            "The forecasts are recent, but the demand that they know ends on {day}: what was used "
            "since then is not counted. Check with whoever delivers the demand."
        ).format(day=day(shown.manifest.data_through))
    else:
        return
    st.warning(text, icon=":material/warning:")
