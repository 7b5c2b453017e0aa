"""Errors that a person can cause or mend. Each is one clear line: what, where, how to mend."""

from __future__ import annotations


class TongxingError(Exception):
    """Base of every error that is shown to a person as one line, in their language.

    `zh` and `en` say what is wrong, where, and how to mend it. Commands print one line and exit with 2;
    the REST API turns it into an RFC 9457 problem with `http_status` and `code`.
    """

    code = "error"
    http_status = 400

    def __init__(self, *, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh = zh
        self.en = en

    def line(self, lang: str) -> str:
        """The one line for a reader of `lang` ("zh", or anything else for English)."""
        return self.zh if lang == "zh" else self.en


class CorpusError(TongxingError):
    """A corpus file is wrong. The message names file and line."""

    code = "corpus"


class DocumentError(TongxingError):
    """A document cannot be read or added."""

    code = "document"


class IndexBusyError(TongxingError):
    """Another process is building the index."""

    code = "index_busy"
    http_status = 409


class IndexMissingError(TongxingError):
    """There is no usable index, and one could not be built."""

    code = "index_missing"
    http_status = 503
