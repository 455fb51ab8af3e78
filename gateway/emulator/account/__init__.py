"""The account beside speech: its voices, files, long texts and money.

It is one and the same, whichever key asks.

    account      what belongs to it; `clock` puts its time forward
    routes       every path, and the faults that befall them
    files        upload, list, retrieve, delete: `storage` has them on disk, and gives links that end
    cloning, designing, listing   the calls about voices: `orders` what they ask for, `previews` their first words
    own_voices   what was cloned and designed, and how long it lives; `samples`, `timbres`: how it sounds
    submitting   long texts: `texts` read → `tasks` in the background → `long_rendering` → `results`, a tar
    prices       what everything costs, and the balance it is paid from
"""
