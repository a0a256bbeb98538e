"""The embedded stores start for anyone, keep their data, and never outlive the process that started them."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import psycopg
import pytest
import redis

from gapura.embedded import EngineRefused, process, run_engines
from gapura.embedded.home import SOCKET_PATH_BYTES, hold_home, socket_folder

root_only = pytest.mark.skipif(os.geteuid() != 0, reason="only root may become someone else")
linux_only = pytest.mark.skipif(
    sys.platform != "linux", reason="the kernel's own tie to the parent is Linux's"
)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@contextlib.contextmanager
def started(
    home: Path, prefix: Sequence[str] = (), python: str = sys.executable
) -> Iterator[tuple[subprocess.Popen[str], dict[str, str]]]:
    """A process of its own that holds both engines, and the addresses it told."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    holder = subprocess.Popen(
        [*prefix, python, "-m", "gapura.embedded", str(home)],
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
        cwd="/",
    )
    try:
        assert holder.stdout is not None
        told = [holder.stdout.readline().strip() for _ in range(2)]
        assert all(told), f"not started: exit code {holder.wait(10)}"
        yield holder, dict(line.split("=", 1) for line in told)
    finally:
        holder.kill()
        holder.wait()
        if holder.stdout is not None:
            holder.stdout.close()


def engines_of(home: Path) -> list[str]:
    """The command lines of all processes that work in this folder."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if (entry / "cwd").readlink().is_relative_to(home):
                found.append((entry / "cmdline").read_text())
    return found


def wait_until_gone(home: Path, seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while (left := engines_of(home)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not left


def use(database_url: str, redis_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute("create table if not exists kept (n int)")
        connection.execute("insert into kept values (1)")
    with redis.Redis.from_url(redis_url) as cache:
        cache.incr("kept")


def kept(database_url: str, redis_url: str) -> tuple[int, int]:
    with psycopg.connect(database_url) as connection:
        row = connection.execute("select count(*) from kept").fetchone()
    with redis.Redis.from_url(redis_url) as cache:
        return row[0] if row else 0, int(cache.get("kept") or 0)


def test_data_is_there_again_after_a_stop(home: Path) -> None:
    for round_ in (1, 2):
        with run_engines(home) as engines:
            use(engines.database_url, engines.redis_url)
            assert kept(engines.database_url, engines.redis_url) == (round_, round_)
    assert "database system is shut down" in (home / "postgres.log").read_text()


def test_the_demos_postgres_waits_for_the_disk_and_the_tests_one_does_not(home: Path) -> None:
    for durable in (True, False):
        with (
            run_engines(home, durable=durable) as engines,
            psycopg.connect(engines.database_url) as connection,
        ):
            for setting in ("fsync", "synchronous_commit", "full_page_writes"):
                row = connection.execute(f"show {setting}").fetchone()
                assert row == ("on" if durable else "off",)


def test_nothing_listens_on_the_network_and_strangers_cannot_reach_the_sockets(home: Path) -> None:
    with run_engines(home, durable=False) as engines:
        with psycopg.connect(engines.database_url) as connection:
            assert connection.execute("show listen_addresses").fetchone() == ("",)
        with redis.Redis.from_url(engines.redis_url) as cache:
            assert cache.config_get("port") == {"port": "0"}
        assert (home / "run").stat().st_mode & 0o777 == 0o700
        assert home.stat().st_mode & 0o777 == 0o700


def test_a_second_start_on_the_same_home_is_refused_in_one_line(home: Path) -> None:
    with run_engines(home, durable=False):
        second = run_engines(home, durable=False)
        with pytest.raises(EngineRefused, match="in use by another Gapura") as refused, second:
            pass
    assert "\n" not in str(refused.value)


def test_a_home_that_cannot_be_used_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(EngineRefused, match="cannot be used: Not a directory"),
        run_engines(tmp_path / "file/home"),
    ):
        pass


@linux_only
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_and_sigterm_stop_both_cleanly(home: Path, number: signal.Signals) -> None:
    with started(home) as (holder, _):
        assert len(engines_of(home)) > 1
        holder.send_signal(number)
        assert holder.wait(15) == 0
        assert not engines_of(home)
    assert "database system is shut down" in (home / "postgres.log").read_text()
    assert "Valkey is now ready to exit" in (home / "valkey.log").read_text()


@linux_only
def test_no_engine_outlives_a_killed_parent_and_the_next_start_finds_its_data(home: Path) -> None:
    with started(home) as (holder, urls):
        use(urls["DATABASE_URL"], urls["REDIS_URL"])
        holder.kill()
        holder.wait()
    with run_engines(home) as engines:  # at once: it waits for what is still stopping
        assert kept(engines.database_url, engines.redis_url) == (1, 1)
    assert (home / "postgres.log").read_text().count("database system is shut down") == 2
    wait_until_gone(home)


@linux_only
def test_engines_killed_themselves_recover_at_the_next_start(home: Path) -> None:
    with run_engines(home) as engines:
        use(engines.database_url, engines.redis_url)
        time.sleep(1.2)  # the append-only file goes to the disk every second
        for engine in (engines.postgres, engines.valkey):
            engine.process.kill()
            engine.process.wait()
        wait_until_gone(home)
    with run_engines(home) as engines:
        assert kept(engines.database_url, engines.redis_url) == (1, 1)


def test_a_process_that_is_not_our_child_any_more_does_not_become_an_engine(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    done = subprocess.run([*process.STILL_CHILD, "1", "touch", str(mark)], check=False)
    assert done.returncode != 0
    assert not mark.exists()


@root_only
@linux_only
def test_root_without_user_namespaces_runs_them_under_another_id(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a home that only root may enter, one that was made the other way before."""
    home.parent.chmod(0o700)
    with run_engines(home, durable=False) as engines:
        use(engines.database_url, engines.redis_url)
    works = process._works
    monkeypatch.setattr(process, "_works", lambda prefix: prefix[0] != "unshare" and works(prefix))
    process.identity.cache_clear()
    try:
        with run_engines(home, durable=True) as engines:
            use(engines.database_url, engines.redis_url)
            assert kept(engines.database_url, engines.redis_url) == (2, 1)
            assert (home / "postgres").stat().st_uid == process.UNPRIVILEGED
            holder = Path(f"/proc/{engines.postgres.process.pid}/status").read_text()
            assert f"Uid:\t{process.UNPRIVILEGED}\t{process.UNPRIVILEGED}" in holder
    finally:
        monkeypatch.undo()
        process.identity.cache_clear()
    with run_engines(home, durable=False) as engines:
        assert kept(engines.database_url, engines.redis_url)[0] == 2
    assert home.parent.stat().st_mode & 0o777 == 0o700


@root_only
@linux_only
def test_a_plain_user_runs_them_as_such() -> None:
    base = Path("/tmp") / f"gapura-plain-{os.getpid()}"  # noqa: S108  # pytest's own folder is closed to others
    base.mkdir(mode=0o755)
    try:
        os.chown(base, 65534, 65534)
        prefix = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
        with started(base / "home", prefix) as (holder, urls):
            use(urls["DATABASE_URL"], urls["REDIS_URL"])
            assert (base / "home/postgres").stat().st_uid == 65534
            holder.kill()
            holder.wait()
            wait_until_gone(base)
    finally:
        shutil.rmtree(base)


def test_a_long_path_gets_its_sockets_in_a_short_folder_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / ("long" * 30)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    with run_engines(home, durable=False) as engines:
        use(engines.database_url, engines.redis_url)
        folder = socket_folder(home)
        assert folder.parent == tmp_path
        assert folder.stat().st_mode & 0o777 == 0o700
        assert len(os.fsencode(folder / ".s.PGSQL.5432")) <= SOCKET_PATH_BYTES


def test_a_socket_folder_that_someone_else_laid_out_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / ("long" * 30)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    folder = socket_folder(home)
    folder.rmdir()
    folder.symlink_to(tmp_path)
    with pytest.raises(EngineRefused, match="belongs to someone else"):
        socket_folder(home)


def test_an_interrupted_first_start_leaves_no_half_made_cluster(home: Path) -> None:
    with hold_home(home):
        (home / "postgres.new").mkdir()
        (home / "postgres.new/PG_VERSION").write_text("18")
    with run_engines(home, durable=False) as engines:
        use(engines.database_url, engines.redis_url)
    assert not (home / "postgres.new").exists()


def test_a_server_that_cannot_start_is_told_in_one_line_with_its_log(home: Path) -> None:
    with run_engines(home, durable=False):
        pass
    (home / "postgres/PG_VERSION").write_text("9\n")
    with (
        pytest.raises(EngineRefused, match=r"PostgreSQL stopped: .*\(see .*postgres\.log\)") as refused,
        run_engines(home),
    ):
        pass
    assert "\n" not in str(refused.value)
