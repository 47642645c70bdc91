"""The load test (`manage.py load`): a bounded load against an exchange of one's own, as its players make it.

The benchmarks and the rehearsals make their load of its parts: players, money and tokens of `players`, sockets of
`client_socket`, actions of `client_api`, commanded processes of `programs`. What measures something else stays apart:
`bench/http/load.py` asks the exchange and its peer at a third of the client's cost (23 us of CPU a request; 62 us by
`connections`), `bench/stress` calls the exchange's functions without a network, and `deploy/rehearsals/hosts` goes from
host to host with clients of other people's making.
"""
