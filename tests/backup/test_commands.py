"""The two commands on real stores, without a shop around them."""

import base64
import gzip
import json
import stat
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import psycopg
import pytest
from redis import Redis

from deploy.local.bootstrap import ROOT
from ops.backup import cli as backup_cli
from ops.backup.settings import DATABASES
from ops.restore import cli as restore_cli
from tests.backup.conftest import CART, Stores

pytestmark = [pytest.mark.stack, pytest.mark.slow, pytest.mark.timeout(120)]
KILLS = (
    "filling",  # the restore is written down, nothing is filled
    "order: events",  # some databases are filled, some not
    "replacing the carts",  # all databases wait beside those in use
    "putting",  # the carts are those of the backup
    "restored",  # after the swap, before the end
)


@pytest.fixture
def backup(stores: Stores) -> Path:
    """Of a shop that knows one thing; since then it knows another."""
    stores.note("before")
    made = stores.back_up()
    stores.note("after")
    return made


def test_a_backup_is_one_moment_of_all_stores_for_its_owners_eyes(stores: Stores) -> None:
    stores.note("before")
    made = stores.back_up()
    content = json.loads((made / "manifest.json").read_text())
    moments = [datetime.fromisoformat(content["databases"][name]["snapshot_time"]) for name in DATABASES]
    assert moments == sorted(moments)
    assert moments[-1] - moments[0] < timedelta(seconds=1)
    assert {stat.S_IMODE(each.stat().st_mode) for each in made.iterdir()} == {0o600}
    assert stat.S_IMODE(made.stat().st_mode) == 0o700
    assert stores.run(backup_cli.main, "verify", made).exit_code == 0


def test_carts_come_back_with_their_marks_and_times_and_locks_do_not(stores: Stores, backup: Path) -> None:
    with Redis.from_url(stores.valkey_url) as valkey:
        valkey.set(f"{CART}:once:event:1", "1", px=100_000)
        valkey.set("lock:{cart.orders:ord_1}", "somebody")
        valkey.hset("product:{prod_1}", mapping={"sequence": "000001.000000000009"})
        made = stores.back_up()
        ends = valkey.pexpiretime(f"{CART}:once:event:1")
        valkey.flushdb()
        valkey.set("cart:{cart_of_after}", "gone with the time it was made in")
        assert stores.restore(made).exit_code == 0
        keys = {key.decode() for key in valkey.scan_iter()}
        assert keys == {CART, f"{CART}:once:event:1", "product:{prod_1}"}
        assert valkey.pexpiretime(f"{CART}:once:event:1") == ends


def test_a_restored_shop_is_that_of_the_backup_and_the_other_is_put_aside(stores: Stores, backup: Path) -> None:
    done = stores.restore(backup, "--json")
    assert done.exit_code == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["incarnation"], told["prefix"]) == (2, "r2.")
    assert stores.notes() == {name: ["before"] for name in (*DATABASES, "carts")}
    assert stores.incarnations() == {2}
    assert stores.topic_prefixes() == {"r2."}
    assert [stores.noted(name) for name in told["kept"]] == [["after", "before"]] * len(DATABASES)
    with gzip.open(stores.folder / "carts-before-restore-2.jsonl.gz") as aside:
        assert len(aside.readlines()) == 1


def test_one_backup_restored_again_is_another_life(stores: Stores, backup: Path) -> None:
    lives = [json.loads(stores.restore(backup, "--json").stdout) for _ in range(2)]
    assert [life["incarnation"] for life in lives] == [2, 3]
    assert [life["prefix"] for life in lives] == ["r2.", "r3."]
    assert stores.incarnations() == {3}


def test_a_life_is_not_given_again_where_its_databases_are_gone_but_its_record_is_not(
    stores: Stores, backup: Path
) -> None:
    assert stores.restore(backup).exit_code == 0
    stores.clean()
    assert json.loads(stores.restore(backup, "--json").stdout)["incarnation"] == 3


def carts_in(file: Path) -> str:
    """The values that were kept, as Valkey dumps them: short texts are readable."""
    with gzip.open(file, "rt") as lines:
        return "".join(base64.b64decode(json.loads(line)["value"]).decode("latin-1") for line in lines)


def test_killed_at_any_step_and_run_again_it_ends_the_same_and_loses_nothing(stores: Stores, backup: Path) -> None:
    for step in KILLS:
        command = [sys.executable, "-m", "tests.backup.entry", step, str(backup), "--yes"]
        killed = subprocess.run(
            command, env=stores.environment(), cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert killed.returncode == -9, f"{step}: {killed.stderr}"
    done = stores.restore(backup, "--json")
    assert done.exit_code == 0, done.stderr
    assert json.loads(done.stdout)["incarnation"] == 2 + len(KILLS)
    assert stores.notes() == {name: ["before"] for name in (*DATABASES, "carts")}
    assert stores.incarnations() == {2 + len(KILLS)}
    assert not [name for name in stores.databases() if name.endswith("_restoring")]
    aside = [name for name in stores.databases() if "_before_restore_" in name]
    assert len([name for name in aside if "after" in stores.noted(name)]) == len(DATABASES)
    assert any("after" in carts_in(file) for file in stores.folder.glob("carts-before-restore-*"))


class Refusing:
    """Asserts that a restore refuses for this reason, and has touched nothing."""

    def __init__(self, stores: Stores, backup: Path) -> None:
        self._stores, self._backup = stores, backup
        self._before = (stores.notes(), stores.databases())

    def __call__(self, reason: str, *words: str) -> None:
        done = self._stores.restore(self._backup, *words)
        assert done.exit_code == 1, done.stderr
        assert reason in done.stderr
        assert (self._stores.notes(), self._stores.databases()) == self._before
        assert not (self._stores.folder / "restores.jsonl").exists()


@pytest.fixture
def refuses(stores: Stores, backup: Path) -> Refusing:
    return Refusing(stores, backup)


class Answer(BaseHTTPRequestHandler):
    """An edge: open, or with a page that says that it is closed."""

    status = 200

    def do_GET(self) -> None:
        self.send_response(self.status)
        self.end_headers()

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def edge(stores: Stores) -> Iterator[type[Answer]]:
    with HTTPServer(("127.0.0.1", int(stores.edge.rpartition(":")[2])), Answer) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield Answer
        server.shutdown()
        Answer.status = 200


def test_while_the_edge_is_open_it_refuses(refuses: Refusing, edge: type[Answer]) -> None:
    refuses("the edge is open")


def test_an_edge_that_says_503_is_closed(stores: Stores, backup: Path, edge: type[Answer]) -> None:
    edge.status = 503
    done = stores.restore(backup, "--dry-run")
    assert (done.exit_code, done.stdout) == (0, "")
    assert "incarnation 2, with new topics r2.*" in done.stderr
    assert stores.notes()["order"] == ["after", "before"]


def test_while_anybody_is_connected_it_refuses(stores: Stores, refuses: Refusing) -> None:
    with psycopg.connect(stores.url(stores.names["payment"])):
        refuses(f"shopmesh to {stores.names['payment']} (1)")


def test_a_database_that_holds_somebody_elses_tables_is_refused(stores: Stores, refuses: Refusing) -> None:
    for statement in ("alter table chassis_state rename to theirs", "alter table theirs rename to chassis_state"):
        stores.rows(stores.names["notify"], statement)
        if "to theirs" in statement:
            refuses(f"{stores.names['notify']} holds tables of somebody else")


def test_topics_that_there_were_are_refused(stores: Stores, refuses: Refusing, backup: Path) -> None:
    refuses("no prefix", "--prefix", "a b.")
    assert stores.restore(backup, "--prefix", "eu.").exit_code == 0
    again = stores.restore(backup, "--prefix", "eu.")
    assert (again.exit_code, "eu.* are those of an earlier life" in again.stderr) == (1, True)


@pytest.mark.parametrize("known", ["of the backup", "of now"])
def test_topics_of_the_backup_and_of_now_are_refused(stores: Stores, known: str) -> None:
    then, now = ("eu.", "us.") if known == "of the backup" else ("us.", "eu.")
    stores.run(backup_cli.main, SHOPMESH_PREFIX=then)
    (backup,) = (each.parent for each in stores.folder.glob("*/manifest.json"))
    done = stores.run(restore_cli.main, backup, "--yes", "--prefix", "eu.", SHOPMESH_PREFIX=now)
    assert (done.exit_code, "eu.* are those of an earlier life" in done.stderr) == (1, True)


def test_a_damaged_backup_is_refused(refuses: Refusing, backup: Path) -> None:
    dump = backup / "payment.dump"
    dump.write_bytes(dump.read_bytes()[:-1])
    refuses("payment.dump is not what was written")


def test_without_a_word_about_the_edge_it_refuses(stores: Stores, backup: Path) -> None:
    done = stores.run(restore_cli.main, backup, "--yes", SHOPMESH_BACKUP_EDGE_URL="")
    assert "SHOPMESH_BACKUP_EDGE_URL" in done.stderr
    assert (
        stores.run(restore_cli.main, backup, "--dry-run", "--edge-closed", SHOPMESH_BACKUP_EDGE_URL="").exit_code == 0
    )


def test_who_does_not_say_yes_is_left_alone(stores: Stores, backup: Path) -> None:
    done = stores.run(restore_cli.main, backup)
    assert "Go back to it?" in done.stderr
    assert done.exit_code == 1
    assert stores.notes()["order"] == ["after", "before"]


def test_a_store_that_is_away_leaves_no_backup_behind(stores: Stores) -> None:
    for changes in (
        {"SHOPMESH_BACKUP_VALKEY_URL": stores.edge.replace("http", "redis")},
        {"SHOPMESH_BACKUP_AUTH_URL": stores.url("nobody_made_it")},
        {"SHOPMESH_BACKUP_PROGRAMS": str(stores.folder)},
    ):
        done = stores.run(backup_cli.main, **changes)
        assert done.exit_code == 1
        assert done.stderr.startswith("Error: ") or "\nError: " in done.stderr
        assert [each.name for each in stores.folder.iterdir()] == [".lock"]


def pg_dump_that(first: str, stores: Stores, folder: Path) -> str:
    """A folder with a pg_dump that does something before it dumps."""
    folder.mkdir()
    program = folder / "pg_dump"
    program.write_text(f'#!/bin/sh\ncase "$*" in *--snapshot*) {first};; esac\nexec {stores.programs}/pg_dump "$@"\n')
    program.chmod(0o700)
    return str(folder)


def test_what_is_written_while_it_dumps_is_in_no_database(stores: Stores, tmp_path: Path) -> None:
    stores.note("before")
    write = "insert into tasks (kind, key, payload, traceparent, due_time) values ('note', 'late', '{}', '', now())"
    psql = [f'{stores.programs}/psql -q "{stores.url(name)}" -c "{write}"' for name in stores.names.values()]
    spy = pg_dump_that(f"({'; '.join(psql)}) 2>/dev/null", stores, tmp_path / "programs")
    made = Path(json.loads(stores.run(backup_cli.main, "--json", SHOPMESH_BACKUP_PROGRAMS=spy).stdout)["backup"])
    assert stores.notes()["payment"] == ["before", "late"]
    assert stores.restore(made).exit_code == 0
    assert stores.notes() == {name: ["before"] for name in (*DATABASES, "carts")}


def test_no_password_is_shown_to_who_lists_processes(stores: Stores, tmp_path: Path) -> None:
    said = tmp_path / "said"
    spy = pg_dump_that(f'echo "$@" >> {said}', stores, tmp_path / "programs")
    assert stores.run(backup_cli.main, SHOPMESH_BACKUP_PROGRAMS=spy).exit_code == 0
    password = stores.admin.partition("://")[2].partition("@")[0].partition(":")[2]
    assert password
    assert "--snapshot=" in said.read_text()
    assert password not in said.read_text()
