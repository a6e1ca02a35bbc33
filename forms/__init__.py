"""What is asked: XLSForms, what they compile to, and the schema that everything else reads.

Rule of the room: forms may import i18n and nothing else of ours. No Flask, no SQL, no clock.
Only `compile.py` knows pyxform, and imports it late: it is slow to load, and a hub that only
serves stored forms never needs it. Faults are a code and values (`errors.py`), never prose.
"""
