"""The console: what coordinators see in a browser. A module a room; `frame.py` is what all pages share."""
