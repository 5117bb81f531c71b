"""The words of the audit log and of the contract's checks, in the user's language."""

from __future__ import annotations

from datalayer.kernel.contract.checks import CheckKind
from datalayer.kernel.sentences import Sentence
from pages.components.language import _

PARAMETERS = (
    Sentence("quantity"),
    Sentence("location"),
    Sentence("orders"),
    Sentence("profile"),
    Sentence("source"),
    Sentence("start"),
    Sentence("tier"),
)
"""Parameters of reads as errors name them; only their being here gives them a translation."""


SYSTEM = (
    Sentence("Cannot allocate memory"),
    Sentence("Connection refused"),
    Sentence("Connection reset by peer"),
    Sentence("Disk quota exceeded"),
    Sentence("File too large"),
    Sentence("Input/output error"),
    Sentence("Is a directory"),
    Sentence("Network is unreachable"),
    Sentence("No route to host"),
    Sentence("No space left on device"),
    Sentence("No such file or directory"),
    Sentence("Not a directory"),
    Sentence("Operation not permitted"),
    Sentence("Permission denied"),
    Sentence("Read-only file system"),
    Sentence("Stale file handle"),
    Sentence("Too many open files"),
)
"""Why the system refused, as errors have it from the C library."""

JSON = (
    Sentence("Expecting ',' delimiter"),
    Sentence("Expecting ':' delimiter"),
    Sentence("Expecting property name enclosed in double quotes"),
    Sentence("Expecting value"),
    Sentence("Extra data"),
    Sentence("Invalid control character at"),
    Sentence("Unterminated string starting at"),
)
"""Why a text is no JSON, as errors have it from Python."""


def action_text(action: str) -> str:
    """Return what was tried; a word that is not known here as the log has it."""
    return {
        "inspect": _("check"),
        "activate": _("activate"),
        "roll_back": _("roll back"),
        "follow": _("follow another replica"),
        "mend": _("fetch what was damaged anew"),
        "prune": _("remove snapshots"),
        "upload": _("upload a publication"),
        "discard_upload": _("remove an upload"),
        "notice": _("send a notice"),
        "extract": _("take an extract"),
        "mark": _("mark a row"),
        "sign_in": _("sign in"),
        "sign_out": _("sign out"),
        "user_add": _("add a user"),
        "user_disable": _("disable a user"),
        "user_enable": _("enable a user"),
        "user_role": _("change a role"),
        "password_set": _("set a password"),
        "key_add": _("make an API key"),
        "key_revoke": _("revoke an API key"),
        "key_check": _("use an API key"),
        "sessions_end": _("end the sessions of a user"),
        "unreadable": _("unreadable line"),
    }.get(action, action)


def who_text(actor: str) -> str:
    """Return who acted: a user's name as it is, everything else in words."""
    kind, separator, name = actor.partition(":")
    words = {
        "key": _("API key {name}"),
        "cli": _("command line ({name})"),
        "follow": _("{name}, on another replica"),
    }
    if separator and kind in words:
        return words[kind].format(name=name)
    return {
        "-": _("a name that is not known"),
        "anyone": _("somebody not signed in"),
        "start": _("Farol itself, at its start"),
    }.get(actor, actor)


def role_text(role: str) -> str:
    """Return the name of a role; one not known here as it is."""
    return {
        "planner": _("planner"),
        "analyst": _("analyst"),
        "admin": _("administrator"),
    }.get(role, role)


def scope_text(scope: str) -> str:
    """Return what an API key opens; a scope not known here as it is."""
    return {"read": _("may read"), "refresh": _("may read and activate")}.get(scope, scope)


def outcome_text(outcome: str) -> str:
    """Return how it ended, as a symbol and a word; a word not known here as the log has it."""
    return {
        "accepted": "✓ " + _("sound"),
        "activated": "✓ " + _("activated"),
        "already_current": "= " + _("was active already"),
        "pruned": "✓ " + _("removed"),
        "rejected": "✗ " + _("rejected"),
        "refused": "✗ " + _("refused"),
        "blocked": "✗ " + _("too many attempts"),
        "burst": "✗ " + _("many attempts, not listed one by one"),
        "done": "✓ " + _("done"),
        "sent": "✓ " + _("sent"),
        "given_up": "✗ " + _("given up"),
        "begun": "… " + _("begun"),
        "received": "… " + _("received"),
        "delivered": "✓ " + _("delivered whole"),
        "broken": "✗ " + _("broken off"),
        "altered": "✗ " + _("not what was announced"),
        "interrupted": "✗ " + _("interrupted"),
        "unreadable": "?",
    }.get(outcome, outcome)


def check_text(check: str) -> str:
    """Return the name of a check; a rule of the contract keeps its own."""
    kind, separator, rule = check.partition(":")
    words = {
        CheckKind.FILE: _("file"),
        CheckKind.LAYOUT: _("size of the description"),
        CheckKind.COLUMN: _("column there"),
        CheckKind.TYPE: _("type"),
        CheckKind.EXTRA_COLUMN: _("unknown column"),
        CheckKind.ROWS: _("number of rows"),
        CheckKind.REQUIRED: _("not empty"),
        CheckKind.FINITE: _("finite"),
        CheckKind.RANGE: _("range"),
        CheckKind.ALLOWED: _("allowed values"),
        CheckKind.TEXT: _("form of the text"),
        CheckKind.PROVENANCE: _("provenance"),
        CheckKind.QUANTILES: _("order of quantiles"),
        CheckKind.KEY_ORDER: _("order of keys"),
        CheckKind.UNIQUE_KEY: _("unique key"),
        CheckKind.TWINS: _("codes that look alike"),
        CheckKind.DATA_THROUGH: _("last day observed"),
        CheckKind.REFERENCE: _("reference"),
        CheckKind.RULE: _("rule"),
    }
    known = next((text for name, text in words.items() if name.value == kind), kind)
    return f"{known}: {rule}" if separator else known
