"""Extracts: what an analyst takes away, as typed sheets, whatever the format.

An extract passes through stages that all look alike (`sheets.Extract`), each wrapping the one before:

    gathered   the form's answers over all versions, one column a question, codes as answered, with provenance
    private    what the profile hides, replaces or coarsens (server/privacy/)
    arranged   the analyst's options: labels, split choices, points, times, joined repeats, headers

A format (server/formats/) writes an extract and knows nothing of how it came about. No Flask, no SQL.
"""
