"""Several replicas, and what befalls them: cuts, kills, freezes, a store that goes away, drains, rolling restarts.

    make chaos                                        all of it, half an hour
    python -m tests.proofs.chaos --only kill --times 40

Black-box: replicas are `voice-gateway serve` processes, the store is a redis-server, the load balancer haproxy
with deploy/haproxy.cfg, and what is known of them is what a client hears, what the emulator bills, and what they log.
"""
