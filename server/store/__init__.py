"""What is on disk: the only SQL of the project. Knows entries and rows; knows nothing of HTTP.

hub.db holds the ledger, small blobs and the state tables; large blobs lie in blobs/. State tables
are a projection: `samleng rebuild` drops them and folds the ledger again.
"""

from server.store import lean as lean  # before any module here loads sqlite-utils
