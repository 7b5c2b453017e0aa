"""Reads files of many formats into blocks: headings, paragraphs and tables, with page numbers.

`files.read_file` is the way in; `worker.Reader` does the same in a process of its own, so that a hostile or
broken file can be stopped. Nothing in a document is executed, fetched or followed.
"""
