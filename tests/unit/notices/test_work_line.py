"""Work in turn: nobody waits for it, what fails hinders nothing, and it ends at once."""

from __future__ import annotations

import threading

from datalayer.notices.work_line import WorkLine

LONG_S = 10.0


def test_work_is_done_in_its_order() -> None:
    done: list[int] = []
    line = WorkLine[int]("tests", done.append, most=10, give_up=done.append)

    for number in (3, 1, 2):
        line.put(number)

    assert line.finish(LONG_S)
    assert done == [3, 1, 2]


def test_work_that_fails_hinders_nothing() -> None:
    done: list[float] = []
    line = WorkLine[int]("tests", lambda each: done.append(1 / each), most=10, give_up=print)

    for number in (0, 1):
        line.put(number)

    assert line.finish(LONG_S)
    assert done == [1.0]


def test_whoever_has_work_done_does_not_wait_for_it() -> None:
    begun, may_end = threading.Event(), threading.Event()

    def work(_: int) -> None:
        begun.set()
        may_end.wait(LONG_S)

    line = WorkLine[int]("tests", work, most=10, give_up=print)
    line.put(1)

    assert begun.wait(LONG_S)
    assert not line.finish(0)
    may_end.set()
    assert line.finish(LONG_S)


def test_of_too_much_work_the_oldest_is_given_up() -> None:
    begun, may_end = threading.Event(), threading.Event()
    done, given_up = [], []

    def work(number: int) -> None:
        begun.set()
        may_end.wait(LONG_S)
        done.append(number)

    line = WorkLine[int]("tests", work, most=2, give_up=given_up.append)
    line.put(0)
    begun.wait(LONG_S)
    for number in (1, 2, 3):
        line.put(number)
    may_end.set()

    assert line.finish(LONG_S)
    assert (done, given_up) == ([0, 2, 3], [1])


def test_what_waits_at_the_end_is_given_up_and_nothing_more_is_taken() -> None:
    begun, may_end = threading.Event(), threading.Event()
    given_up: list[int] = []

    def work(_: int) -> None:
        begun.set()
        may_end.wait(LONG_S)

    line = WorkLine[int]("tests", work, most=10, give_up=given_up.append)
    for number in (0, 1):
        line.put(number)
    begun.wait(LONG_S)

    line.close(within_s=0)
    line.put(2)
    may_end.set()

    assert given_up == [1, 2]
