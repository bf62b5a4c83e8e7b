"""Log lines reach their file, none holds a secret, and nobody waits for them."""

import json
import logging
import subprocess
import sys
import tempfile
import threading
from contextlib import contextmanager
from pathlib import Path

import pytest
import structlog
from hypothesis import assume, example, given
from hypothesis import strategies as st

from tokenfilter.adapters.system import logs
from tokenfilter.adapters.system.log_files import AREAS, LogDirectoryError
from tokenfilter.adapters.system.log_lines import LineFormat
from tokenfilter.adapters.system.log_queue import LogQueue
from tokenfilter.adapters.system.redaction import Redactor

BOT_TOKEN = "123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw0"
PASSWORD = "hunter-2 hunter"
FOREIGN = ("httpx", "uvicorn.error", "telegram.ext", "sqlalchemy.engine.Engine", "redis.connection", "asyncio")
WALLET = "6p6xgHyF7AeE6TZkSmFsko444wqoP15icUSqi2jfGiPN"


@contextmanager
def configured(**options):
    """Logging as asked for, and as it was afterwards."""
    root = logging.getLogger()
    loggers = [root, *(logging.getLogger(f"tokenfilter.{area}") for area in AREAS)]
    before, handlers = [logger.level for logger in loggers], list(root.handlers)
    configured = logs.configure(**{"level": "info", **options})
    try:
        yield configured
    finally:
        configured.close()
        root.handlers[:] = handlers
        for logger, level in zip(loggers, before, strict=True):
            logger.setLevel(level)
        structlog.reset_defaults()


def lines_of(path):
    """A file's lines as objects."""
    return [json.loads(line) for line in path.read_text().splitlines()]


def ours(area):
    """The logger of an area."""
    return structlog.stdlib.get_logger(f"tokenfilter.{area}")


def test_each_area_has_its_file_and_the_bot_has_the_rest(tmp_path):
    with configured(directory=tmp_path):
        for area in AREAS:
            ours(area).info("told", n=1)
        for name in (*FOREIGN, "tokenfilter", "tokenfilter.heartbeat", "tokenfilter.bot.more"):
            logging.getLogger(name).warning("heard from %s", name)
    found = {area: [line["event"] for line in lines_of(tmp_path / f"{area}.log")] for area in AREAS}
    assert found.pop("rediserror") == ["told", "heard from redis.connection"]
    assert len(found.pop("bot")) == 1 + len(FOREIGN) - 1 + 3
    assert set(map(tuple, found.values())) == {("told",)}


def test_a_line_says_when_how_grave_and_what_and_whose_it_is_unless_ours(tmp_path):
    with configured(directory=tmp_path):
        ours("bot").info("feed", state="live")
        logging.getLogger("telegram").warning("slow")
    mine, theirs = lines_of(tmp_path / "bot.log")
    assert list(mine) == ["timestamp", "level", "event", "state"]
    assert list(theirs) == ["timestamp", "level", "logger", "event"]
    assert mine["timestamp"][-1] == theirs["timestamp"][-1] == "Z"
    assert (mine["level"], theirs["level"], theirs["logger"]) == ("info", "warning", "telegram")


def test_each_area_has_its_level(tmp_path):
    with configured(level="warning", directory=tmp_path, areas={"payments": "debug", "bot": "error"}):
        for area in ("payments", "rediserror", "bot"):
            for level in (logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR):
                logging.getLogger(f"tokenfilter.{area}").log(level, "said")
                ours(area).log(level, "said")
    counts = {area: len(lines_of(tmp_path / f"{area}.log")) for area in ("payments", "rediserror", "bot")}
    assert counts == {"payments": 8, "rediserror": 4, "bot": 2}


def test_a_file_is_rotated_by_size_and_no_more_than_asked_for_are_kept(tmp_path):
    with configured(directory=tmp_path, megabytes=0.001, keep=2):
        for n in range(50):
            ours("payments").info("order", n=n)
    assert {p.name for p in tmp_path.glob("payments*")} == {"payments.log", "payments.log.1", "payments.log.2"}
    kept = [line["n"] for p in sorted(tmp_path.glob("payments*"), reverse=True) for line in lines_of(p)]
    assert kept == list(range(kept[0], 50))
    assert all(p.stat().st_size < 1_200 for p in tmp_path.glob("payments*"))


def test_the_files_are_for_their_owner_alone(tmp_path):
    with configured(directory=tmp_path / "log"):
        ours("bot").info("told")
    assert (tmp_path / "log").stat().st_mode & 0o777 == 0o700
    assert {p.stat().st_mode & 0o777 for p in (tmp_path / "log").iterdir()} == {0o600}


def test_two_that_write_at_once_have_a_folder_each(tmp_path):
    with configured(directory=tmp_path) as first:
        script = (
            "import sys, pathlib; from tokenfilter.adapters.system import logs;"
            "print(logs.configure(level='info', directory=pathlib.Path(sys.argv[1])).folder)"
        )
        done = subprocess.run([sys.executable, "-c", script, tmp_path], capture_output=True, text=True, check=True)
        assert (first.folder, done.stdout.strip()) == (tmp_path, str(tmp_path / "2"))
    with configured(directory=tmp_path) as again:
        assert again.folder == tmp_path


def test_a_directory_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(LogDirectoryError, match="file/log: Not a directory"):
        logs.configure(level="info", directory=tmp_path / "file" / "log")


def everything_told(secret):
    """Say a secret in every way a line can come about."""
    for name in FOREIGN:
        logging.getLogger(name).error("HTTP Request: POST %s", secret)
    try:
        int(secret)
    except ValueError as error:
        ours("bot").exception("failed", error=error, detail=secret, nested={"deep": [secret]}, **{secret: 1})
        logging.getLogger("telegram").exception("caught")
    logging.getLogger("sqlalchemy.pool").error("not a message: %d", secret)
    threading.Thread(target=int, args=(secret,)).start()
    sys.excepthook(ValueError, ValueError(secret), None)


@pytest.mark.parametrize("as_json", [True, False])
@pytest.mark.parametrize("secret", [f"https://host/bot{BOT_TOKEN}/getMe", f"redis://:{PASSWORD}@h", PASSWORD])
def test_no_line_of_ours_or_of_a_library_holds_a_secret(tmp_path, capsys, secret, as_json):
    with configured(directory=tmp_path, json_lines=as_json, secrets=[PASSWORD]):
        everything_told(secret)
        for thread in threading.enumerate():
            if thread.name.startswith("Thread"):
                thread.join()
    console = capsys.readouterr()
    written = [p.read_text() for p in tmp_path.glob("*.log")] + [console.out, console.err]
    assert sum(text.count("secret]") + text.count("[bot token]") for text in written) >= 20
    for text in written:
        assert BOT_TOKEN.split(":")[1] not in text
        assert PASSWORD not in text
    for path in tmp_path.glob("*.log"):
        lines_of(path)


secrets = st.text("abcXYZ019!\"#$%&'()*+,-./:;<=>?@\\^_`{|}~ é€😀", min_size=6, max_size=40)


@given(st.text(max_size=40), secrets, st.text(max_size=40), st.booleans(), st.booleans(), st.booleans())
@example("", 'say "no"\\', "", True, False, False)
@example("", "'\"'\"'\"", "", False, True, False)
def test_no_rendering_lets_a_known_secret_through(before, secret, after, as_json, in_error, colours):
    assume(len(secret.strip()) >= 6)
    assume(secret not in before and secret not in after)
    text = f"{before}{secret}{after}"
    fields = {"name": "telegram", "levelno": 30, "levelname": "WARNING", "args": (), "msg": "" if in_error else text}
    if in_error:
        fields["exc_info"] = (ValueError, ValueError(text), None)
    line = LineFormat(Redactor([secret]), as_json=as_json, colours=colours).format(logging.makeLogRecord(fields))
    assert secret not in line
    if as_json:
        assert secret not in str(list(json.loads(line).values()))
        assert not any(secret in value for value in json.loads(line).values())


@given(st.text(), st.text())
def test_a_line_for_files_is_always_one_json_object_on_one_line(message, field):
    redactor = Redactor(['","', "password", "123456", '"}'])
    record = logging.makeLogRecord({"name": "x", "levelname": "INFO", "msg": f"secret={message} {field!r}", "args": ()})
    line = LineFormat(redactor, as_json=True).format(record)
    assert len(line.splitlines()) == 1
    assert isinstance(json.loads(line), dict)


@given(st.text())
def test_a_line_for_a_terminal_cannot_steer_it(message):
    hostile = message + "\x1b[2J\u202e\r\x9b"
    record = logging.makeLogRecord({"name": "x", "levelname": "INFO", "msg": hostile, "args": ()})
    line = LineFormat(Redactor(), as_json=False).format(record)
    assert not set(line) & {*map(chr, (*range(9), *range(11, 32), *range(127, 160))), "\u202e", "\u2066", "\u200b"}


def test_payers_stay_out_of_payments_and_tokens_in_the_rest(tmp_path):
    with configured(directory=tmp_path):
        ours("payments").info("settled", payer=WALLET, transaction="5" * 88, memo=f"from {WALLET}")
        ours("bot").info("settled", token=WALLET)
    (payment,) = lines_of(tmp_path / "payments.log")
    assert (payment["payer"], payment["transaction"], payment["memo"]) == ("[address]", "5" * 88, "from [address]")
    assert WALLET in (tmp_path / "bot.log").read_text()


def test_a_person_at_a_terminal_is_spared_what_only_files_need(capsys):
    with configured():
        for name in ("sent_notifications", "redisperformance", "user_settings", "heartbeat", "bot", "payments"):
            ours(name).info(f"of {name}")
    shown = capsys.readouterr()
    assert [line.split("of ")[1].split()[0] for line in shown.err.splitlines()] == ["bot", "payments"]
    assert shown.out == ""


def test_json_goes_to_standard_output_and_leaves_nothing_out(capsys):
    with configured(json_lines=True):
        for name in ("sent_notifications", "heartbeat", "bot"):
            ours(name).info(f"of {name}")
    shown = capsys.readouterr()
    events = [json.loads(line)["event"] for line in shown.out.splitlines()]
    assert (events, shown.err) == (["of sent_notifications", "of heartbeat", "of bot"], "")


def test_what_ends_the_program_is_in_the_log_when_it_has_ended():
    with tempfile.TemporaryDirectory() as folder:
        script = (
            "import sys, pathlib; from tokenfilter.adapters.system import logs;"
            "logs.configure(level='info', directory=pathlib.Path(sys.argv[1]));"
            f"raise RuntimeError('no route to bot{BOT_TOKEN}')"
        )
        done = subprocess.run([sys.executable, "-c", script, folder], capture_output=True, text=True, check=False)
        (line,) = lines_of(Path(folder) / "bot.log")
        assert "RuntimeError: no route to bot[bot token]" in line["exception"]
        assert done.returncode == 1
        assert "[bot token]" in done.stderr
        assert BOT_TOKEN not in done.stderr


class Held(logging.Handler):
    """Takes no line before it is let go."""

    def __init__(self):
        super().__init__()
        self.reached, self.free, self.lines = threading.Event(), threading.Event(), []

    def emit(self, record):
        self.reached.set()
        self.free.wait()
        self.lines.append(record.getMessage())


def record(message, *args):
    """A library's line."""
    return logging.LogRecord("x", logging.INFO, "", 0, message, args, None)


def test_telling_waits_for_nobody_and_what_finds_no_room_is_counted():
    sink = Held()
    waiting = LogQueue([sink], capacity=3)
    waiting.emit(record("0"))
    sink.reached.wait()
    for n in range(1, 10):
        waiting.emit(record(str(n)))
    sink.free.set()
    waiting.close()
    assert sink.lines == ["0", "6 lines were lost: too many at once", "1", "2", "3"]


def test_what_changes_after_it_was_told_does_not_change_the_line():
    sink, told = Held(), ["before"]
    waiting = LogQueue([sink])
    waiting.emit(record("first %s", told))
    told[0] = "after"
    sink.free.set()
    waiting.close()
    waiting.emit(record("too late"))
    assert sink.lines == ["first ['before']"]


def test_a_disk_that_is_full_is_told_once_and_ends_nothing(tmp_path, capsys):
    (tmp_path / "payments.log").symlink_to("/dev/full")
    with configured(directory=tmp_path):
        for n in range(3):
            ours("payments").info("order", n=n)
            ours("bot").info("order", n=n)
    assert capsys.readouterr().err.count("tokenfilter: log lines are not written: payments: OSError") == 1
    assert [line["n"] for line in lines_of(tmp_path / "bot.log")] == [0, 1, 2]
