"""Who speaks: the contract, T2A v2 behind it, and what is put around an upstream (cache, retries, rate
limit).
"""
