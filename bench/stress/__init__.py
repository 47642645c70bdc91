"""The stress test (`make stress`): many workers make random deals at once, and afterwards every invariant of money must
hold.
"""
