"""What the private servers need of the machine, and what they leave open to it."""

import os

import pytest

from tokenfilter.adapters.embedded import EmbeddedServers, MissingBinaryError, ValkeyServer, binaries


async def test_a_server_hears_nothing_of_a_key_pressed_in_the_programs_terminal(new_directory):
    server = ValkeyServer(new_directory)
    await server.start()
    pid = int((new_directory / "valkey" / "valkey.pid").read_text())
    assert os.getsid(pid) == pid != os.getsid(0)
    await server.stop()


async def test_files_with_secrets_are_for_their_owner_only(ready_directory):
    async with EmbeddedServers(ready_directory):
        secret = (ready_directory / "password").read_text()
        everything = [path for path in ready_directory.rglob("*") if path.is_file()]
        telling = [path for path in everything if secret.encode() in path.read_bytes()]
        assert {path.name for path in telling} == {"password", "valkey.conf"}
        assert all(path.stat().st_mode & 0o077 == 0 for path in telling)
        assert all((ready_directory / name).stat().st_mode & 0o077 == 0 for name in ("valkey", "postgres"))


def test_where_no_server_is_installed_the_error_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setattr(binaries, "_wheel", lambda package: None)
    monkeypatch.setattr(binaries, "_DEBIAN", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingBinaryError, match=r"valkey-server, or set redis\.url"):
        binaries.valkey_server()
    with pytest.raises(MissingBinaryError, match=r"postgresql, or set postgres\.url"):
        binaries.postgres_folder()


def test_a_redis_older_than_7_is_passed_over_for_one_that_is_not(monkeypatch, tmp_path):
    monkeypatch.setattr(binaries, "_wheel", lambda package: None)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    for name, version in (("valkey-server", "6.2.14"), ("redis-server", "7.0.15")):
        (tmp_path / name).write_text(f"#!/bin/sh\necho Redis server v={version} sha=00000000:0\n")
        (tmp_path / name).chmod(0o755)
    assert binaries.valkey_server() == tmp_path / "redis-server"
    (tmp_path / "redis-server").unlink()
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingBinaryError, match=r"valkey-server is 6\.2"):
        binaries.valkey_server()
