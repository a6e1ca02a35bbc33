"""What can be wrong with a form, one subject a file. Each check is a function from a design to findings.

Rule of the folder: no check reads a file, starts a process or speaks; `forms/lint.py` gathers them.
A finding that is not certain is a warning, and a check that cannot be certain stays silent: a tool that
cries wolf is switched off. Codes and texts are in `findings.py`.
"""
