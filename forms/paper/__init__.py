"""A form on paper: its questions, conditions in words, and room for answers, as a PDF.

From the page inwards: `printing` (the door), `sheet` and `answers` (what stands where), `wording`, `limits` and
`expressions` (conditions in words), `emphasis` (markdown), `pages` and `boxes` (places), `typesetting` (lines),
`typeface` (letters), `pdf` (the file). Rule of the folder: nothing here reads a clock or asks what day it is, so
that the same form prints to the same bytes.
"""
