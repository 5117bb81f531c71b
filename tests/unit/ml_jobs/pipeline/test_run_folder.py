"""Parts of a run on disk: whole, or made anew."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml_jobs.errors import DamagedPartError
from ml_jobs.pipeline.run_folder import RunFolder, is_whole, load, load_tables, save, save_table

pytestmark = pytest.mark.ml


def test_a_part_that_is_missing_is_not_whole(tmp_path: Path) -> None:
    assert not is_whole(RunFolder(tmp_path).lessons)


def test_a_part_that_was_written_is_whole(tmp_path: Path) -> None:
    path = RunFolder(tmp_path).members(3, 40)

    save(path, {"a": 1})

    assert is_whole(path)
    assert load(path, dict) == {"a": 1}


def test_tables_come_back_in_the_order_of_their_partitions(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    for number in (1, 0):
        save_table(folder.table(number, "sums"), pa.table({"n": [number]}))

    found = list(load_tables(folder, "sums", 2))

    assert [table["n"].to_pylist() for table in found] == [[0], [1]]


@given(data=st.data())
def test_whatever_is_changed_in_a_part_is_found(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = RunFolder(tmp_path_factory.mktemp("run")).lessons
    save(path, list(range(50)))
    content = path.read_bytes()
    place = data.draw(st.integers(0, len(content) - 1))
    other = bytes([content[place] ^ data.draw(st.integers(1, 255))])
    damaged = data.draw(
        st.sampled_from(
            [content[:place], content[:place] + other + content[place + 1 :], content + other]
        )
    )

    path.write_bytes(damaged)

    assert not is_whole(path)
    with pytest.raises(DamagedPartError, match=r"lessons\.pickle .* give the same command again"):
        load(path, list)
