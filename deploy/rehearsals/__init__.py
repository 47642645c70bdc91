"""What an operator will do one day, tried on loopback beforehand: `make rehearse RUN=upgrade`.

Each rehearsal is a module with a `main()`, which returns the exit code: 0 when everything held that it looks at.
"""
