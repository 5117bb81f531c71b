"""A forecast's options from a TOML file, every fault in it found at once."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, time
from pathlib import Path

from ml_jobs.cli.job_options import OPTIONS, SECTIONS, Option
from ml_jobs.errors import JobFileError

_BY_NAME: Mapping[str, Option] = {option.name: option for option in OPTIONS}


def read_job_file(path: Path) -> dict[str, object]:
    """Return the values that the file at *path* gives, by ``Option.name``.

    Relative paths in it are taken from the file's folder.

    Raises:
        JobFileError: The file can't be read, is no TOML, or has keys or values that are not
            those of a job; carries every fault found.
    """
    values: dict[str, object] = {}
    faults = []
    for name, found in _flat(_content(path)):
        option = _BY_NAME.get(name)
        if option is None:
            faults.append(_unknown(name, found))
            continue
        try:
            value = option.check(found)
        except (ValueError, TypeError):
            problem = f"is {_shown(found)}; it must be {option.kind.expected}"
            faults.append(f"[{option.section}] {option.key} {problem}")
        else:
            relative_to = option.kind.relative_to
            values[name] = relative_to(path.parent, str(value)) if relative_to else value
    if faults:
        raise JobFileError(file=path.name, faults=faults)
    return values


def _content(path: Path) -> Mapping[str, object]:
    try:
        # The editor of Windows puts a mark before the text.
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise JobFileError(
            file=path.name, faults=[f"it can't be read: {error.strerror}"]
        ) from error
    except UnicodeDecodeError as error:
        raise JobFileError(
            file=path.name, faults=[f"it is not in UTF-8, as TOML must be; save it so ({error})"]
        ) from error
    except tomllib.TOMLDecodeError as error:
        raise JobFileError(file=path.name, faults=[f"it is no TOML: {error}"]) from error


def _flat(content: Mapping[str, object], section: str = "") -> Iterator[tuple[str, object]]:
    """Yield each value with its sections and key; a section that is not known stays whole."""
    for key, value in content.items():
        name = f"{section}.{key}" if section else key
        holds_sections = any(known == name or known.startswith(f"{name}.") for known in SECTIONS)
        if isinstance(value, dict) and holds_sections:
            yield from _flat(value, name)
        else:
            yield name, value


def _unknown(name: str, value: object) -> str:
    section, _, key = name.rpartition(".")
    if name in SECTIONS:
        return f"[{name}] is {_shown(value)}; it must be a section of keys"
    if isinstance(value, dict) and section not in SECTIONS:
        return f"[{name}] is no section{_hint(name, SECTIONS)}"
    place = f"[{section}] {key}" if section else f"{key}, outside any section,"
    elsewhere = [option.section for option in OPTIONS if option.key == key]
    if elsewhere:
        return f"{place} is not known; {key} belongs in [{'] or ['.join(elsewhere)}]"
    # What a misspelt key may have meant: one of its section, else any.
    own = [option.key for option in OPTIONS if option.section == section]
    return f"{place} is not known{_hint(key, own or [option.key for option in OPTIONS])}"


def _hint(found: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(found, known, n=1)
    return f"; did you mean {near[0]}?" if near else f"; known are {', '.join(known)}"


def _shown(value: object) -> str:
    """Return *value* as TOML has it, near enough to be found in the file."""
    if isinstance(value, bool):
        return str(value).lower()
    return value.isoformat() if isinstance(value, date | time) else repr(value)
