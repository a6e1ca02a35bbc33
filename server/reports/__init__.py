"""A consultation in numbers, for people who decide: the same report as a page and on paper.

What a form's answers say is counted in one pass (counting.py), small numbers are hidden (hiding.py), the rest is laid
out as blocks (chapters.py) which are drawn as HTML (page.py) or PDF (paper.py). No Flask, no SQL. docs/reports.md
"""
