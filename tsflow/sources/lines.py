"""A file of text as blocks of whole lines in UTF-8."""

import codecs
from collections.abc import Iterator
from typing import Any

from tsflow.errors import SourceError

BLOCK_BYTES = 8 << 20
"""Large enough that the work per block is nothing beside that per row, small enough that memory stays flat."""
_UTF8 = {"utf-8", "utf-8-sig", "ascii"}
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def line_blocks(file: Any, encoding: str, place: str) -> Iterator[bytes]:
    """Blocks of about 8 MB that end at a line's end, the byte-order mark removed.

    Bytes that the encoding does not know become U+FFFD: their row is bad, not the file.

    Raises:
        SourceError: If a line is longer than a block can be, so that this is hardly text.
    """
    rest = b""
    first = True
    for data in _utf8(file, encoding):
        block = rest + data
        if first:
            block, first = block.removeprefix(_BYTE_ORDER_MARK), False
        end = block.rfind(b"\n") + 1
        if not end and len(block) > 4 * BLOCK_BYTES:
            raise SourceError(f"{place}: a line of more than {len(block) >> 20} MB; is this a CSV file?")
        rest = block[end:]
        if end:
            yield _clean(block[:end])
    if rest:
        yield _clean(rest)


def _clean(block: bytes) -> bytes:
    """Whole lines hold whole characters, so that what cannot be decoded here is wrong in the file."""
    return block if block.isascii() else block.decode(errors="replace").encode()


def _utf8(file: Any, encoding: str) -> Iterator[bytes]:
    if codecs.lookup(encoding).name in _UTF8:
        while data := file.read(BLOCK_BYTES):
            yield data
        return
    decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
    while data := file.read(BLOCK_BYTES):
        yield decoder.decode(data).encode()
    yield decoder.decode(b"", final=True).encode()
