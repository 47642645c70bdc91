"""The benchmarks: each a command with a database of its own, beside its limit or its peer, in turns in one run.

`make bench` runs all, `make bench BENCH=trade` one; `python -m bench trade --json` prints one object. They report
figures without a verdict: these machines are noisy, so quote the ratios, which were taken side by side.
"""
