"""What leaves the hub of people: the stage between the gathered extract and the analyst's options.

docs/privacy.md says what each profile does, and against whom it protects. No Flask, no SQL.
"""
