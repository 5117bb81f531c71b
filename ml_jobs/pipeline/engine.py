"""Where the parts of a run are worked off: in this process, in a pool of them, or on Dask."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from typing import TYPE_CHECKING, Protocol, TypeVar

from datalayer.kernel.errors import InvalidSelection
from ml_jobs.errors import MissingExtraError, WorkerLostError

if TYPE_CHECKING:
    from distributed import Client

Task = TypeVar("Task")
Answer = TypeVar("Answer")

LOCAL = "processes"
DASK = "dask"


class Engine(Protocol):
    """Works off independent tasks; which worker does which makes no difference to the answers."""

    def each(
        self, function: Callable[[Task], Answer], tasks: Sequence[Task]
    ) -> Iterator[tuple[Task, Answer]]:
        """Yield each task with its answer, as they are done.

        Args:
            function: A function of a module, so that workers find it by name.
            tasks: Small values; what is large goes by file.
        """


@dataclass(frozen=True)
class Processes:
    """A pool of processes on this machine; one process works in place.

    Attributes:
        count: Worker processes.
    """

    count: int

    def each(
        self, function: Callable[[Task], Answer], tasks: Sequence[Task]
    ) -> Iterator[tuple[Task, Answer]]:
        """Work in the order given, as many at a time as there are processes."""
        workers = min(self.count, len(tasks))
        if workers < 2:
            yield from ((task, function(task)) for task in tasks)
            return
        # Forking from a server that never ran a thread is as cheap as a fork and can't deadlock.
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload([function.__module__])
        with ProcessPoolExecutor(workers, mp_context=context, initializer=_end_with_parent) as pool:
            waiting = {pool.submit(function, task): task for task in tasks}
            try:
                for future in as_completed(waiting):
                    yield waiting.pop(future), future.result()
            except BrokenProcessPool as error:
                raise WorkerLostError from error
            finally:
                pool.shutdown(wait=True, cancel_futures=True)


def _end_with_parent() -> None:
    """End this worker when the process that started the pool is gone, however it went.

    A pool tells its workers to end; one that is killed can't, and they would wait for ever.
    """
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_follow, args=(parent,), daemon=True).start()


def _follow(parent: BaseProcess) -> None:
    parent.join()
    os._exit(1)


@dataclass(frozen=True)
class Dask:
    """Workers of a Dask cluster that see the run's folder under the same path."""

    client: Client

    def each(
        self, function: Callable[[Task], Answer], tasks: Sequence[Task]
    ) -> Iterator[tuple[Task, Answer]]:
        """Let the cluster's scheduler hand out the tasks."""
        from distributed import as_completed as each_completed

        waiting = {self.client.submit(function, task, pure=False): task for task in tasks}
        for future in each_completed(list(waiting)):
            yield waiting.pop(future), future.result()


@contextmanager
def open_engine(name: str, processes: int | None) -> Iterator[Engine]:
    """Open the engine *name*: ``processes``, ``dask`` or ``dask://HOST:PORT``.

    Args:
        name: ``dask`` starts a cluster of processes on this machine for the time of the run.
        processes: Worker processes on this machine; None for one per core.

    Raises:
        InvalidSelection: There is no such engine.
        MissingExtraError: Dask is asked for and not installed.
    """
    count = processes or len(os.sched_getaffinity(0))
    if name == LOCAL:
        yield Processes(count)
    elif name == DASK or name.startswith(f"{DASK}://"):
        with _client(name, count) as client:
            yield Dask(client)
    else:
        raise InvalidSelection(
            parameter="engine", found=name, expected="processes, dask or dask://HOST:PORT"
        )


@contextmanager
def _client(name: str, count: int) -> Iterator[Client]:
    try:
        from distributed import Client, LocalCluster
    except ImportError as error:
        raise MissingExtraError(option=f"--engine {name}", package="dask") from error
    if name != DASK:
        address = f"tcp://{name.removeprefix(f'{DASK}://')}"
        try:
            client = Client(address, timeout="10s")
        except (OSError, ValueError) as error:
            raise InvalidSelection(
                parameter="engine", found=name, expected="the address of a Dask scheduler"
            ) from error
        with client:
            yield client
        return
    with (
        LocalCluster(
            n_workers=count,
            threads_per_worker=1,
            dashboard_address=None,
            # The scheduler serves HTTP all the same; two runs at a time must not want one port.
            scheduler_kwargs={"dashboard_address": "127.0.0.1:0"},
        ) as cluster,
        Client(cluster) as client,
    ):
        yield client
