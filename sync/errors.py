"""What can be wrong with bytes that claim to be entries, batches or bundles.

    LedgerError
    ├── BadEntry        a header that is not canonical, or not an entry at all
    ├── BlobMissing     a blob that is named but not held here
    ├── BadBundle       a file that is damaged, foreign, sealed for somebody else, or too new
    ├── BadPairing      a code, link, message or file by which two hubs do not become a pair
    ├── Unreached       another hub that did not answer, or a link that broke more often than it held
    └── Refused         the other hub answered that it will not; its code and values

Each carries a code and values; the text for people is in the catalogues (server/errors.py).
"""

from __future__ import annotations


class LedgerError(Exception):
    """`code` names the fault, `values` what it happened to; no prose."""

    def __init__(self, code: str, **values: object) -> None:
        super().__init__(code, values)
        self.code = code
        self.values = values


class BadEntry(LedgerError):
    pass


class BlobMissing(LedgerError):
    pass


class BadBundle(LedgerError):
    pass


class BadPairing(LedgerError):
    pass


class Unreached(LedgerError):
    pass


class Refused(LedgerError):
    pass
