"""What leaves the hub: CSV and its zip, OData. Generators of rows and bytes.

No Flask, no HTTP, no SQL. Everything is read through `rows.Source`, which the store satisfies, and is
streamed: no table is ever held whole. Rules: ODK Central's exports, byte for byte where it says so.
"""
