"""Keeping secrets out of what people read."""

import re

_USER_INFO = re.compile(r"(://[^:/@\s]*):[^\s]*@")
_QUERY = re.compile(r"([?&][^=&\s]*(?:pass|pwd|secret|token|key|sig)[^=&\s]*=)[^&\s]+", re.IGNORECASE)


def masked(text: str) -> str:
    """The text with the passwords of all URLs in it replaced by ``***``.

    >>> masked("postgresql://me:s3cret@host/db and https://host/file.csv?api_key=abc&year=2024")
    'postgresql://me:***@host/db and https://host/file.csv?api_key=***&year=2024'
    """
    return _QUERY.sub(r"\1***", _USER_INFO.sub(r"\1:***@", text))
