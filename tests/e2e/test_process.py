"""The command itself, started as a person starts it."""

import os
import signal
import subprocess
import sys

import pytest


@pytest.fixture
def start(ready_directory):
    """Starts the command with a directory of its own; whatever still runs afterwards is ended."""
    started = []

    def begin(*arguments, **environment):
        own = {
            "TOKENFILTER_SIMULATOR__PRE_ROLL_DAYS": "0.01",
            "TOKENFILTER_EMBEDDED__DIRECTORY": str(ready_directory),
            "TOKENFILTER_LOGS__DIRECTORY": str(ready_directory / "log"),
        }
        program = subprocess.Popen(
            [sys.executable, "-m", "tokenfilter", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, **own, **environment},
        )
        started.append(program)
        return program

    yield begin
    for program in started:
        if program.poll() is None:
            program.terminate()
        program.communicate(timeout=20)


@pytest.mark.parametrize("wanted", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_service_cleanly(start, wanted):
    program = start("run", "--http", "127.0.0.1:0")
    for line in program.stdout:
        if "Ctrl-C" in line:
            break
    program.send_signal(wanted)
    _, errors = program.communicate(timeout=10)
    assert program.returncode == 0
    assert "Traceback" not in errors


def test_a_taken_address_is_told_in_two_lines(start):
    first = start("run", "--http", "127.0.0.1:0")
    address = next(line for line in first.stdout if "Dashboard" in line).split()[1].removeprefix("http://").rstrip("/")
    second = start("run", "--http", address)
    _, errors = second.communicate(timeout=30)
    first.terminate()
    first.communicate(timeout=10)
    assert second.returncode == 1
    assert len(errors.strip().splitlines()) == 2
    assert address in errors


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["explain", "--filter", "mcapp >= 1", "--event", "-"], "did you mean mcap?"),
        (["run", "--feed", "simulatr"], "use.feeds"),
        (["replay", "x", "--speed", "-1"], "--speed"),
    ],
)
def test_wrong_usage_ends_with_2_and_names_what_was_wrong(start, arguments, said):
    program = start(*arguments)
    _, errors = program.communicate(timeout=30)
    assert program.returncode == 2
    assert said in errors


def test_an_unknown_option_of_the_environment_is_refused_with_the_nearest_name(start):
    program = start("check", TOKENFILTER_SIMULATOR__SEDE="1")
    _, errors = program.communicate(timeout=30)
    assert program.returncode == 2
    assert "did you mean seed?" in errors
