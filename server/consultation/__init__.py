"""consultation.db: the merged answers of every form as tables for people, in the data folder.

A projection like the state tables, in a file of its own: what it holds depends on the state alone, it is brought up
in the background and when somebody reads it, and whoever deletes it gets it back. No Flask, no SQL.
"""
