"""Remove what an image's installed packages hold and nothing in the image can use.

    python deploy/trim_environment.py /opt/venv

Each line below says what goes and why; the megabytes are printed as it goes. Shared libraries are
never stripped, which breaks numpy, and nothing goes that is imported: tests/images imports the
neighbours of each line in the built image.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

OF_ENVIRONMENT = (
    ("share/jupyter", "assets of Jupyter"),
    ("etc/jupyter", "settings of Jupyter"),
    ("share/man", "manual pages"),
)
"""Patterns below the environment, and why what they name can go."""

OF_PACKAGES = (
    ("**/tests", "tests of the packages themselves"),
    ("Crypto/SelfTest", "pycryptodome's tests"),
    ("**/*.map", "source maps, which only a debugger in a browser asks for"),
    ("**/*.pyi", "types, read by type checkers only"),
    ("pydeck/nbextension/static", "assets of Jupyter"),
    ("plotly/labextension", "assets of Jupyter"),
    ("plotly/package_data/widgetbundle.js", "assets of Jupyter"),
    ("plotly/package_data/plotly.min.js", "for figures as HTML files; browsers get Streamlit's"),
    ("pyarrow/include", "headers, for compiling against Arrow"),
    ("pyarrow/src", "sources, for compiling against Arrow"),
    ("pyarrow/**/*.px[di]", "sources in Cython"),
    ("pyarrow/*.pyx", "sources in Cython"),
    ("pyarrow/*flight*", "Arrow Flight, a network protocol that is not spoken here"),
    ("pyarrow/libarrow_s3.so.*", "Arrow's S3 client; stores are read with minio"),
    ("pyarrow/_s3fs.*", "the binding of Arrow's S3 client"),
    ("pyarrow/_pyarrow_cpp_tests.*", "tests of Arrow"),
    ("pyarrow/libarrow_python*.so", "copies under a name that the linker never asks for"),
    ("pyarrow/libarrow_python*.so.*.*", "copies under a name that the linker never asks for"),
    ("jax/_src/internal_test_util", "JAX's tests"),
    ("jaxlib/include", "headers, for compiling against JAX"),
)
"""Patterns below site-packages, and why what they name can go."""


def main(environment: Path, packages: Path) -> None:
    """Remove what is named above, and print what each line saved."""
    before = size_bytes(environment)
    for folder, trims in ((environment, OF_ENVIRONMENT), (packages, OF_PACKAGES)):
        for pattern, why in trims:
            saved = sum(map(remove, sorted(folder.glob(pattern))))
            if saved:
                print(f"{saved / 1e6:7.1f} MB  {pattern}: {why}")
    after = size_bytes(environment)
    print(f"{after / 1e6:7.1f} MB  are left of {before / 1e6:.1f} MB in {environment}")


def remove(path: Path) -> int:
    """Delete a file or a folder; return the bytes it had, 0 if it went with another."""
    if not path.exists():
        return 0
    saved = size_bytes(path)
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()
    return saved


def size_bytes(path: Path) -> int:
    """Return the bytes of a file, or of all files below a folder."""
    return sum(each.lstat().st_size for each in files_of(path))


def files_of(path: Path) -> Iterator[Path]:
    """Yield *path* itself if it is a file, else the files below it; links are files."""
    if path.is_dir() and not path.is_symlink():
        for each in path.iterdir():
            yield from files_of(each)
    else:
        yield path


if __name__ == "__main__":
    folder = Path(sys.argv[1]) if len(sys.argv) == 2 else Path()
    if not (found := sorted(folder.glob("lib/python3*/site-packages"))):
        sys.exit(f"Usage: {sys.argv[0]} FOLDER; {str(folder)!r} is no virtual environment")
    main(folder, found[0])
