"""Ledger -> what people see. Everything written here can be thrown away and made again.

`state` decides which fold an entry goes to; the others fold one subject each. No Flask; SQL only
through server.store.
"""
