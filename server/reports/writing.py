"""A report as a format among those in which an extract leaves the hub: so it is made, kept in the ledger and delivered
like every other export."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from server.errors import Fault
from server.extracts.sheets import Extract
from server.formats import Format, Part, Work, Write
from server.reports.blocks import Report
from server.reports.chapters import Wishes, make_report
from server.reports.counting import count
from server.reports.finding import make_plan

MEDIA_TYPES = {"html": "text/html; charset=utf-8", "pdf": "application/pdf"}
DECIDED = {"values": "codes", "headers": "names", "repeats": "files", "selects": "column", "points": "whole"}
CHUNK = 256 * 1024


@dataclass(frozen=True, slots=True)
class ReportFormat(Format):
    wishes: Wishes = field(default_factory=Wishes)

    def writer(self) -> Write:
        return self.write

    def write(self, extract: Extract, work: Work) -> Iterator[Part]:
        yield Part("", self._pieces(extract, work))

    def _pieces(self, extract: Extract, work: Work) -> Iterator[bytes]:
        from server.reports.page import as_html
        from server.reports.paper import as_pdf

        report = report_of(extract, work, self.wishes)
        drawn = as_pdf(report) if self.ending == "pdf" else as_html(report)
        yield from (drawn[first : first + CHUNK] for first in range(0, len(drawn), CHUNK))


def report_format(ending: str, wishes: Wishes) -> ReportFormat:
    """ending: "html" or "pdf". Raises Fault format.unknown."""
    if ending not in MEDIA_TYPES:
        raise Fault("format.unknown", format=ending, formats=", ".join(MEDIA_TYPES))
    return ReportFormat(
        f"report.{ending}", ending, MEDIA_TYPES[ending], "", DECIDED, has_codebook=True, wishes=wishes
    )


def report_of(extract: Extract, work: Work, wishes: Wishes) -> Report:
    plan = make_plan(extract, wishes.sections or {})
    found = count(extract, plan, work.count)
    found.no_consent += sum(loss.count for loss in work.losses if loss.code == "consent.refused")
    return make_report(extract, plan, found, wishes, work.imprint, work.options.k)
