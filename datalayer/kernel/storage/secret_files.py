"""The folder of secrets: a file for each setting, as container engines mount them."""

from __future__ import annotations

from pathlib import Path
from typing import Final

ENCODING: Final = "utf-8"


def find_faults(folder: Path, variable: str, names: frozenset[str]) -> list[str]:
    """Return what keeps the secrets in *folder* from being read, a sentence for each fault.

    Args:
        folder: Where the files are; one of another name than those in *names* is left alone.
        variable: The setting that names the folder.
        names: What the files are called, in small letters.
    """
    try:
        found = sorted(folder.iterdir())
    except NotADirectoryError:
        return [f"{variable} is {str(folder)!r}, which is a file; it must be the folder around it"]
    except FileNotFoundError:
        return [f"{variable} is {str(folder)!r}, which does not exist; it must be a folder"]
    except OSError as error:
        return [f"{variable} is {str(folder)!r}, which can't be read: {error.strerror}"]
    wanted = [path for path in found if path.name.lower() in names]
    return [f"The secret {path} {fault}" for path in wanted if (fault := _fault_of(folder, path))]


def _fault_of(folder: Path, path: Path) -> str | None:
    if path.is_dir():
        # What an engine makes where the file that it should mount is missing.
        return "is a folder, so its file was missing when it was mounted; make it: deploy/init.sh"
    try:
        content = path.read_text(encoding=ENCODING)
        outside = folder.resolve() not in path.resolve().parents
    except UnicodeDecodeError:
        return f"is not {ENCODING} text; it must hold the value of the setting alone"
    except OSError as error:
        return f"can't be read ({error.strerror}); its permissions must let this user read it"
    if outside:
        return "leads out of its folder; it must be a file there, or a link to one"
    if not content.strip():
        return "is empty; it must hold the value of the setting alone"
    return None
