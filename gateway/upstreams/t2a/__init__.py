"""MiniMax's T2A v2: what it offers, how it is asked and how it answers (pure), and the transports it is
asked over.
"""
