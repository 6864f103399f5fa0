"""tnet: one command for both ends of a connection.

The rooms, from the ground up: `errors`, `plans`, `events`, `escape` and `places` hold values; `protocols`, `net` and
`accounts` are the shared core; `servers` and `clients` are the tools; `runtime`, `view` and `cli` run them.
An import may only point down this list.
"""

__version__ = "0.1.0"
