"""With which voice: names for voices, the catalogue, and the life of those that are made here.

aliases      the operator's names
known        upstream's own voices: what its lists say beside their ids
entries      all voices as clients see them
listing      what upstream lists, kept and refreshed
catalogue    the two together, with our record; searched

rules        what may be asked of upstream, checked before it costs anything
samples      what a sample is, by its content
record       what is remembered of a voice made here, and what follows from the time; records, its file
deadlines    who has spoken, who is to be warned of
lifecycle    clone, design, activate, delete; mixing
"""
