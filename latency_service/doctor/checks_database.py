"""Checks of the database: does it answer, at which revision, does it keep what it acknowledged, has it room."""

import shutil
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from latency_service import schema
from latency_service.doctor.findings import Finding, bad, good, unknown, warn
from latency_service.doctor.stand import Stand
from latency_service.repositories import engine_facts

_MOUNTS = Path("/proc/mounts")
_NETWORK_FILE_SYSTEMS = ("9p", "afs", "ceph", "cifs", "fuse.glusterfs", "fuse.sshfs", "nfs", "nfs4", "smb3", "smbfs")
_LITTLE_BYTES, _TOO_LITTLE_BYTES = 2**30, 100 * 2**20
_OFF_S, _FAR_OFF_S = 1.0, 30.0


def check_reach(stand: Stand) -> Finding:
    """Look at whether the database answers."""
    name = "database"
    try:
        seen = stand.database.read(
            lambda session: (
                f"SQLite {engine_facts.sqlite_version(session)}"
                if stand.is_sqlite
                else f"PostgreSQL {engine_facts.postgres(session).version}"
            )
        )
    except SQLAlchemyError as error:
        why = "Nothing works without it: every request is answered 503."
        mend = "start it, or correct `database` and `database_password_file`"
        return bad(name, f"{stand.settings.shown_database} does not answer: {str(error).splitlines()[0]}", why, mend)
    return good(name, f"{stand.settings.shown_database}, {seen}")


def check_revision(stand: Stand) -> Finding:
    """Look at whether the database has the tables that this version of the service needs."""
    revision, needed = schema.current_revision(stand.database), schema.newest_revision()
    if revision == needed:
        return good("revision", needed)
    why = "The service does not serve a database of another revision."
    seen = f"{revision or 'none: it is empty'}, and this version needs {needed}"
    return bad("revision", seen, why, "latency-service migrate")


def check_durability(stand: Stand) -> Finding:
    """Look at whether what was acknowledged outlives a power cut."""
    if stand.is_sqlite:
        return good("durability", "every commit is synced")
    facts = stand.database.read(engine_facts.postgres)
    why = "An agent deletes its copy of a result once it is acknowledged; a crash of the server would lose it."
    if not facts.fsync:
        return bad("durability", "fsync is off", why, "set fsync = on in postgresql.conf and restart the server")
    if facts.synchronous_commit == "off":
        mend = "ALTER SYSTEM SET synchronous_commit = on, then SELECT pg_reload_conf()"
        return bad("durability", "synchronous_commit is off", why, mend)
    return good("durability", f"synchronous_commit is {facts.synchronous_commit}")


def check_connections(stand: Stand) -> Finding:
    """Look at how many replicas the server has connections for."""
    if stand.is_sqlite:
        return good("connections", "a file has no limit")
    most = stand.database.read(engine_facts.postgres).connections
    a_replica = stand.settings.most_connections
    seen = f"the server takes {most}, a replica opens up to {a_replica}: room for {most // a_replica}"
    if most >= a_replica:
        return good("connections", seen)
    why = "Under load, requests are answered 503 for want of a connection."
    return bad("connections", seen, why, "lower pool_size, or raise max_connections in postgresql.conf")


def check_file_system(stand: Stand) -> Finding:
    """Look at whether SQLite's file is on a disk of this machine."""
    name = "file system"
    if not stand.is_sqlite:
        return good(name, "the server's own")
    if not _MOUNTS.exists():
        return unknown(name, "this system does not list its mounts")
    kind = file_system_of(_file(stand), _MOUNTS.read_text())
    if kind not in _NETWORK_FILE_SYSTEMS:
        return good(name, kind)
    why = "SQLite's locks and shared memory do not work over a network: the file will be damaged."
    return bad(name, f"the database is on {kind}", why, "keep it on a local disk, or use PostgreSQL")


def file_system_of(file: Path, mounts: str) -> str:
    """Return the kind of file system that a file is on, from the text of /proc/mounts."""
    kinds = {fields[1]: fields[2] for line in mounts.splitlines() if len(fields := line.split()) > 2}
    # Of several mounts on one folder the last counts, as it does here.
    return next((kinds[str(parent)] for parent in file.resolve().parents if str(parent) in kinds), "unknown")


def check_space(stand: Stand) -> Finding:
    """Look at how much room the database has."""
    if not stand.is_sqlite:
        size = stand.database.read(engine_facts.postgres).size_bytes
        return unknown("space", f"the database has {size:,} bytes; only the server knows how many are free")
    file = _file(stand)
    free = shutil.disk_usage(file.parent).free
    seen = f"the database has {file.stat().st_size:,} bytes, and {free:,} are free"
    why = "On a full disk nothing can be stored; agents keep their results until there is room."
    if free < _TOO_LITTLE_BYTES:
        return bad("space", seen, why, "free some, or set keep_samples_days")
    return (
        warn("space", seen, why, "free some, or set keep_samples_days") if free < _LITTLE_BYTES else good("space", seen)
    )


def check_clock(stand: Stand) -> Finding:
    """Look at whether the clock that leases end by is that of the database's server."""
    if stand.is_sqlite:
        return good("clock", "one machine, one clock")
    off_s = (stand.database.read(engine_facts.postgres).at - stand.now).total_seconds()
    seen = f"this machine and the database's server are {abs(off_s):.1f} s apart"
    if abs(off_s) < _OFF_S:
        return good("clock", seen)
    why = "Each replica ends leases by its own clock: one that runs ahead takes jobs from agents that are at them."
    mend = "synchronise the clocks of all replicas, by NTP"
    return bad("clock", seen, why, mend) if abs(off_s) > _FAR_OFF_S else warn("clock", seen, why, mend)


def _file(stand: Stand) -> Path:
    name = stand.database.engine.url.database
    assert name is not None, "SQLite's URL names a file"
    return Path(name)
