"""The cache: answers that were given once are not asked for again.

It is the fast local layer and belongs to one user on one machine; answers are exchanged as JSON lines
(`Cache.export`, `Cache.load`) or as recordings, never by handing over the folder.
"""

from extract.cache.cache import Cache, CacheInfo
from extract.cache.entry import Entry, Stored

__all__ = ["Cache", "CacheInfo", "Entry", "Stored"]
