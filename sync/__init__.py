"""The ledger and how hubs share it.

Rule of this room: pure ideas and bytes. No Flask, no SQL, nothing from the other rooms.
Each file knows only those above it: errors, ledger, merge, keys, messages, exchange, bundle,
transport, device.
"""
