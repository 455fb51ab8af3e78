"""espeak-ng behind pipes: speech with its words and phonemes, or phonemes alone. It imports nothing of the rest.

`pool` has the worker processes, shared by sentence; `worker` is the program they run. GPL ends at its pipes.
"""
