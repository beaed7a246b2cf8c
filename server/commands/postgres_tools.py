"""PostgreSQL's own client programs (from the wheel) against any server, without a password on a command line."""

import os
import subprocess
from contextlib import suppress
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit

from server.embedded.postgres import program
from server.embedded.trouble import Trouble


def command(name: str, database_url: str, *arguments: str) -> tuple[list[str], dict[str, str]]:
    """Return the command line and the environment that run the program `name` on the database, seeing every community."""
    parts = urlsplit(database_url)
    place = parts.netloc.rpartition("@")[2]
    netloc = f"{parts.username}@{place}" if parts.username else place
    url = urlunsplit(("postgresql", netloc, parts.path, parts.query, ""))
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    environ["PGOPTIONS"] = "-c neiye.reach=*"  # row-level security binds the tables' owner, too
    if parts.password:
        environ["PGPASSWORD"] = unquote(parts.password)
    return [str(program(name)), f"--dbname={url}", *arguments], environ


def dump(database_url: str, snapshot: str, to: Path) -> None:
    """Dump what `snapshot` sees into the file `to`; raise Trouble with the program's words if it fails."""
    # The extensions belong to the server: the target has its own, made by whoever may.
    options = ["--format=custom", "--enable-row-security", "--exclude-extension=*", "--no-owner", "--no-privileges"]
    words, environ = command("pg_dump", database_url, *options, f"--snapshot={snapshot}", f"--file={to}")
    ran = subprocess.run(words, env=environ, capture_output=True, text=True, check=False)
    if ran.returncode != 0:
        said = ran.stderr.strip().replace("\n", " / ")
        raise Trouble(f"导出数据库失败：{said}", f"The database could not be dumped: {said}")


PRELUDE = """\
begin;
set lock_timeout = '30s';
drop schema public cascade;
create schema public;
create extension if not exists pg_trgm;
create extension if not exists btree_gist;
"""


NEW_EPOCH = """\
do $epoch$ begin
    if to_regproc('public.sync_new_epoch') is not null then
        perform set_config('search_path', 'public', true);
        perform sync_new_epoch();
    end if;
end $epoch$;
"""
"""A restored database has forgotten what phones were already told: they learn it from the new epoch, and hand in once more.

A backup from before there was sync gets its epoch from the migration.
"""


def load(database_url: str, dumped: Path, tables: dict[str, int]) -> None:
    """Replace everything in the database by `dumped`, all or nothing; the tables must end with the given row counts.

    Raises Trouble, with the database as it was, when anything fails.
    """
    options = ["--file=-", "--no-owner", "--no-privileges", "--enable-row-security", str(dumped)]
    words, environ = command("psql", database_url, "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--file=-")
    with (
        subprocess.Popen(
            [str(program("pg_restore")), *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as reader,
        subprocess.Popen(
            words, env=environ, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        ) as psql,
    ):
        assert reader.stdout is not None
        assert reader.stderr is not None
        assert psql.stdin is not None
        assert psql.stderr is not None
        try:
            psql.stdin.write(PRELUDE.encode())
            for line in reader.stdout:
                # Written for PostgreSQL 17 and later; 15 and 16 do not know the setting.
                psql.stdin.write(b"\n" if line == b"SET transaction_timeout = 0;\n" else line)
            said = reader.stderr.read().decode(errors="replace")
            whole = reader.wait() == 0
            psql.stdin.write((_check(tables) + NEW_EPOCH + "commit;\n" if whole else "rollback;\n").encode())
            psql.stdin.close()
        except BrokenPipeError:  # psql has met an error and left
            reader.kill()
            with suppress(BrokenPipeError):
                psql.stdin.close()
            whole, said = False, ""
        heard = psql.stderr.read().decode(errors="replace")
        if psql.wait() != 0 or not whole:
            reason = (heard or said).strip().replace("\n", " / ")
            raise Trouble(
                f"恢复数据库失败，数据库没有改动：{reason}",
                f"The database could not be restored and is as it was: {reason}",
            )


def _check(tables: dict[str, int]) -> str:
    """Return SQL that fails unless every table has as many rows as the manifest says."""
    checks = [
        f"if (select count(*) from public.{quoted(name)}) <> {count} then raise exception 'table {name} is incomplete'; end if;"
        for name, count in tables.items()
    ]
    return "do $check$ begin " + " ".join(checks) + " end $check$;\n"


def quoted(name: str) -> str:
    """Return `name` as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'
