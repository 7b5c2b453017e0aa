"""How a command ends when something goes wrong: one line on standard error and an exit code, never a traceback.

2: a person can mend it (a wrong argument, setting, file or disk). 1: a bug of ours. 130: Ctrl-C. 141: the reader
of a pipe has gone.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import re
import signal
import sys
import traceback
from collections.abc import Callable
from typing import Any, NoReturn

from bot.locale import terminal_language
from retrieval.errors import TongxingError

MENDABLE, BUG, INTERRUPTED, NO_READER = 2, 1, 130, 141

_NO_COMMAND = re.compile(r"No such command '(.*?)'\.", re.DOTALL)
_EXTRA = re.compile(r"unexpected extra argument(?:s|\(s\))? \((.*)\)", re.DOTALL)
_SPACES = re.compile(r"\s+")


class UsageError(TongxingError):
    """The command line cannot be understood."""

    code = "usage"


def usage(name: str, **values: object) -> UsageError:
    """The error whose line is `prompts/terminal/usage_<name>.yaml`."""
    from bot.replies import reply

    lines = {lang: reply(f"terminal/usage_{name}", lang, **values) for lang in ("zh", "en")}
    return UsageError(**lines)


def run(command: Callable[[], int | None]) -> NoReturn:
    """Run `command` and exit with its code, or as its error asks for."""
    _mend_streams()
    try:
        code = command() or 0
        # Here, not when the interpreter ends: a full disk or a closed pipe shows only now.
        sys.stdout.flush()
    except SystemExit as exc:
        if not isinstance(exc.__context__, BrokenPipeError):
            raise
        code = NO_READER  # Typer's own way of meeting it says 1, as for a bug
        _silence(sys.stdout)
    except BaseException as exc:
        try:
            line, code = _ending(exc)
        except Exception as worse:  # whatever happens, a person sees a line
            line, code = _what_and_where(worse), BUG
        if code == INTERRUPTED:
            # Whoever presses Ctrl-C once more does so while threads are being waited for.
            signal.signal(signal.SIGINT, signal.SIG_IGN)
        _silence(sys.stdout)
        if line:
            _complain(line)
    raise SystemExit(code)


def reason(exc: OSError, lang: str) -> str:
    """Why the system refused, in words: "no space left on the disk"."""
    from bot.replies import reply

    name = errno.errorcode.get(exc.errno or 0, "").lower()
    try:
        return reply(f"terminal/os_{name}", lang)
    except FileNotFoundError:
        return exc.strerror or type(exc).__name__


def reason_of(exc: Exception) -> str:
    """`reason` in the terminal's language, for errors of the network too."""
    return reason(exc, terminal_language()) if isinstance(exc, OSError) else str(exc)


def set_up_logging(*, whole: bool) -> None:
    """Warnings go to standard error, a line each; `whole` (for a server's log) with time and traceback."""
    handler = logging.StreamHandler()
    handler.setLevel(
        logging.WARNING
    )  # libraries that set their own loggers to DEBUG pass the root's level by
    handler.setFormatter(
        logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s")
        if whole
        else _OneLine("%(message)s")
    )
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)


class _OneLine(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        text = record.getMessage()
        if record.exc_info and record.exc_info[1]:
            text += f": {_what_and_where(record.exc_info[1])}"
        return _SPACES.sub(" ", text)


def _ending(exc: BaseException) -> tuple[str, int]:
    """The line and the exit code for an error."""
    from bot.replies import reply

    lang = terminal_language()
    if isinstance(exc, TongxingError):
        return exc.line(getattr(exc, "lang", None) or lang), MENDABLE
    if isinstance(exc, BrokenPipeError):
        return "", NO_READER
    if isinstance(exc, KeyboardInterrupt) or type(exc).__name__ == "Abort":
        return "", INTERRUPTED
    if hasattr(exc, "format_message"):
        return _usage_line(exc, lang), MENDABLE
    if isinstance(exc, OSError) and exc.errno:
        where = f"{exc.filename}" if exc.filename else ""
        name = "os_error" if where else "os_error_output"
        return reply(f"terminal/{name}", lang, path=where, reason=reason(exc, lang)), MENDABLE
    if isinstance(exc, MemoryError):
        return reply("terminal/out_of_memory", lang), MENDABLE
    return reply("terminal/bug", lang, what=_what_and_where(exc)), BUG


def _usage_line(exc: Any, lang: str) -> str:
    """A wrong command line. Typer's own message is English, and three lines."""
    from bot.replies import reply

    if type(exc).__name__ == "NoArgsIsHelpError":
        return str(exc.format_message()).rstrip()
    context = getattr(exc, "ctx", None)
    parameter = getattr(exc, "param", None)
    command = _NO_COMMAND.search(str(exc))
    values: dict[str, object] = {"command": context.command_path if context else "tongxing"}
    if command:
        name, values["what"] = "no_command", command[1]
        values["names"] = ", ".join(getattr(context.command, "commands", ()) if context else ())
    elif type(exc).__name__ == "NoSuchOption":
        near = sorted(exc.possibilities or ())
        name, values["what"] = "no_option", exc.option_name
        if near:
            name, values["near"] = "no_option_near", near[0]
    elif extra := _EXTRA.search(str(exc)):
        name, values["what"] = "extra", extra[1]
    elif type(exc).__name__ == "BadOptionUsage":
        name, values["what"] = "needs_value", exc.option_name
    elif type(exc).__name__ == "MissingParameter" and parameter is not None:
        name, values["what"] = "missing", str(parameter.name)
    elif parameter is not None:
        name, values["what"] = _value_fault(exc, values), parameter.opts[0]
    else:
        name, values["why"] = "other", str(exc.format_message()).rstrip(".")
    return _SPACES.sub(" ", reply(f"terminal/usage_{name}", lang, **values))


def _value_fault(exc: Any, values: dict[str, object]) -> str:
    """What is wrong with the value of an option, from pydantic's error where there is one."""
    faults = exc.__cause__.errors() if hasattr(exc.__cause__, "errors") else []
    kind = faults[0]["type"] if faults else ""
    if kind.startswith("int_"):
        return "value_number"
    if kind in ("less_than_equal", "greater_than_equal"):
        most = kind == "less_than_equal"
        values["limit"] = faults[0]["ctx"]["le" if most else "ge"]
        return "value_most" if most else "value_least"
    values["why"] = str(exc.message).rstrip(".")
    return "value"


def _what_and_where(exc: BaseException) -> str:
    frames = traceback.extract_tb(exc.__traceback__)
    where = f" ({os.path.relpath(frames[-1].filename)}:{frames[-1].lineno})" if frames else ""
    return f"{type(exc).__name__}: {exc}"[:300] + where


def _complain(line: str) -> None:
    try:
        sys.stderr.write(line + "\n")
        sys.stderr.flush()
    except OSError:
        _silence(sys.stderr)


def _mend_streams() -> None:
    """UTF-8 whatever the locale says, and somewhere to write to where a stream was closed."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115, PTH123 - until the end
        elif hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")


def _silence(stream: Any) -> None:
    """What is left in a stream that cannot be written would raise again when the interpreter flushes it."""
    try:
        stream.flush()
    except (OSError, ValueError):
        with contextlib.suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
