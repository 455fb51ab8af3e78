"""What the gateway costs, against relays that do the same: `python -m tests.bench`, in the order of reading

contenders.py   who is measured, and how each is started        naive.py   what one writes first
workloads.py    under which load                                peers.py   pipecat and LiveKit, where they are installed
rounds.py       one run, interleaved rounds, paired ratios
goals.py        what is to be reached, and whether it was
processes.py    cores, CPU and memory of a process tree, from /proc
rig.py          the other ends: rig/*.rs compiled, else plain_rig.py
picture.py      docs/benchmark.svg
"""
