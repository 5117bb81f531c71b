"""The look for damage is repeated, whatever it comes to, until it is stopped."""

from __future__ import annotations

import queue

from datalayer.reading.damage_watch import DamageWatch


def test_it_looks_again_also_after_a_look_that_failed() -> None:
    looks: queue.Queue[int] = queue.Queue()

    def look() -> None:
        looks.put(1)
        raise OSError("the disk is gone")

    watch = DamageWatch(look, every_s=0.001)
    watch.start()

    assert [looks.get(timeout=30) for _ in range(2)] == [1, 1]
    watch.stop()
