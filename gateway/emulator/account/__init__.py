"""The account beside speech: its voices, its files, its long texts, its money. One account, whichever key asks.

routes       every path of it, and the faults that befall them
clock        puts time forward; storage  files on disk and the links to them
files        upload, list, retrieve, delete
own_voices   what was cloned and designed, and how long it lives; `samples`, `timbres`: how it sounds
cloning, designing, listing   the calls about voices; `orders` what they ask for
prices       what everything costs, and the balance it is paid from
"""
