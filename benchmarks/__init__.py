"""Speed and memory, measured on a server that runs as a process of its own. `make bench` runs all.

Nothing here is needed to run a hub. What is compared with what is in baseline.toml.
"""
