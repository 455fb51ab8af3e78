"""HTTP/1.1 as a client, for many long answers at once.

Ours, because httpx's own transport looks through all its connections whenever one is taken or given back: from some
150 streams on, that is all it does (encode/httpcore#1035).
"""
